"""Distribution of the costs of a space's architectures."""

from __future__ import annotations

from dataclasses import dataclass
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from nas.analysis.cost import cost
from nas.space.candidate import sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nas.analysis.cost import Cost
    from nas.graph.graph import Graph
    from nas.space.search_space import SearchSpace

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_BINS = 20
_WIDE = 30.0
"""Ratio of the largest to the smallest value above which bins are logarithmic."""
_FLOAT_BYTES = 4
_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Distribution of one figure.

    Attributes:
        mean: Its mean.
        quantiles: By :data:`QUANTILES`, with the smallest and the largest value.
        edges: Edges of the bins, one more than there are bins.
        counts: Architectures in each bin.
    """

    mean: float
    quantiles: tuple[float, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def bars(self) -> str:
        """The histogram as text, one character for a bin.

        Example:
            >>> spread_of([1, 2, 2, 3, 3, 3], bins=3).bars
            '▃▆█'
        """
        most = max(self.counts)
        return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] for count in self.counts)


@dataclass(frozen=True, kw_only=True)
class Population:
    """Random architectures of a space.

    Attributes:
        count: Number of architectures drawn.
        distinct: Number of different hashes.
        figures: Distributions by name: ``params``, ``macs``, ``activations`` (outputs of all
            operations), ``layers`` (that multiply and accumulate), ``depth`` (their mean number
            over all paths through the network), ``nodes``.
        seconds: Processor time for one architecture, by step: ``build``, ``hash``, ``cost``.
    """

    count: int
    distinct: int
    figures: dict[str, Spread]
    seconds: dict[str, float]


def population(space: SearchSpace, rng: np.random.Generator, count: int) -> Population:
    """Draw architectures uniformly and compute the costs of their canonical graphs.

    Args:
        space: The space.
        rng: Draws the architectures.
        count: Number of architectures.
    """
    rows: list[dict[str, float]] = []
    hashes: set[str] = set()
    spent = np.zeros(3)
    for _ in range(count):
        marks = [process_time()]
        candidate = sample(space, rng)
        marks.append(process_time())
        hashes.add(candidate.hash)
        marks.append(process_time())
        rows.append(_figures(candidate.network, cost(candidate.network)))
        marks.append(process_time())
        spent += np.diff(marks)
    return Population(
        count=count,
        distinct=len(hashes),
        figures={name: spread_of([row[name] for row in rows]) for name in rows[0]},
        seconds=dict(zip(("build", "hash", "cost"), (spent / count).tolist(), strict=True)),
    )


def spread_of(values: Sequence[float], *, bins: int = _BINS) -> Spread:
    """The distribution of some values; bins are logarithmic where the range is wide.

    Example:
        >>> spread_of([1, 2, 4], bins=2).counts
        (2, 1)
    """
    array = np.asarray(values, dtype=np.float64)
    edges = _edges(array, bins)
    counts, _ = np.histogram(array, bins=edges)
    return Spread(
        mean=float(array.mean()),
        quantiles=tuple(np.quantile(array, QUANTILES).tolist()),
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
    )


def _edges(values: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    low, high = values.min(), values.max()
    if low > 0 and high > _WIDE * low:
        edges = np.geomspace(low, high, bins + 1)
        edges[[0, -1]] = low, high  # rounding must not lose the extreme values
        return edges
    even: NDArray[np.float64] = np.histogram_bin_edges(values, bins)
    return even


def _figures(graph: Graph, costs: Cost) -> dict[str, Any]:
    return {
        "params": costs.params,
        "macs": costs.macs,
        "activations": costs.activation_bytes // _FLOAT_BYTES,
        "layers": costs.layers,
        "depth": costs.mean_path,
        "nodes": len(graph.nodes),
    }
