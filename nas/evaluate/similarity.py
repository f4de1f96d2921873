"""How far architectures are apart, and what differs between two of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from nas.analysis.cost import cost
from nas.drawing.label import operation
from nas.events import ignore, stage
from nas.space.candidate import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor

    Floats = NDArray[np.float64]

By = Literal["both", "embedding", "costs"]
"""What a distance is measured by."""

_AT_ONCE = 8
"""Networks embedded as one batch."""
_NOISE = 1e-5
"""Spread of a value, relative to its size, up to which it counts as constant."""


@dataclass(frozen=True)
class Difference:
    """One thing in which another architecture differs.

    Attributes:
        name: Name of a choice, or of an operation such as ``conv 3×3``.
        own: The value of the choice, or the number of these operations; None where the
            architecture has no such choice.
        other: The same of the other architecture.
    """

    name: str
    own: Any
    other: Any

    def __str__(self) -> str:
        return f"{self.name} {_shown(self.own)} → {_shown(self.other)}"


def distances(
    network: Graph,
    others: Sequence[Graph],
    predictor: WeightPredictor | None,
    by: By = "both",
    listen: Listener = ignore,
) -> Floats:
    """How far a network is from each of others: (G,), 0 for an isomorphic one.

    A distance is Euclidean, each coordinate in standard deviations over all different networks,
    and relative to the root mean square distance of two of them: 1 is as far apart as two of
    these networks usually are. By ``both`` it is the mean of that by embedding and that by the
    logarithms of the costs, which finds architectures of similar accuracy much better than the
    embedding alone and a little better than the costs alone (benchmarks/similar).

    Args:
        network: A network without dead parts.
        others: The networks that it is compared with (G).
        predictor: The hypernetwork that embeds networks; without one distances are by costs alone.
        by: The embedding, the costs, or both.
        listen: Receives the progress.
    """
    graphs = {graph.hash(): graph for graph in (network, *others)}
    found = coordinates(list(graphs.values()), predictor, by, listen)
    away = [np.linalg.norm(places - places[0], axis=1) for places in found]
    known = dict(zip(graphs, np.mean(away, axis=0), strict=True))
    return np.array([known[graph.hash()] for graph in others])


def coordinates(
    graphs: Sequence[Graph],
    predictor: WeightPredictor | None,
    by: By = "both",
    listen: Listener = ignore,
) -> list[Floats]:
    """Coordinates of different networks by each measure, whose mean distance is taken: (G, D)."""
    found = []
    if by != "costs" and predictor is not None:
        found.append(_relative(_embeddings(graphs, predictor, listen)))
    if by != "embedding" or not found:
        costs = [list(asdict(cost(graph)).values()) for graph in graphs]
        found.append(_relative(np.log1p(np.array(costs, dtype=np.float64))))
    return found


def _embeddings(graphs: Sequence[Graph], predictor: WeightPredictor, listen: Listener) -> Floats:
    """One row for each network: (G, D)."""
    rows = []
    with stage(listen, "embed", len(graphs), steps="networks") as progress, torch.no_grad():
        for first in range(0, len(graphs), _AT_ONCE):
            vectors = predictor.embed(list(graphs[first : first + _AT_ONCE]))  # (G, D)
            rows.append(vectors.double().cpu().numpy())
            progress.advance(first + len(rows[-1]))
    found: Floats = np.concatenate(rows)
    return found


def _relative(vectors: Floats) -> Floats:
    """Coordinates in which the root mean square distance of two rows is 1: (G, D) -> (G, D)."""
    spread = vectors.std(0)
    varies = spread > _NOISE * (1 + np.abs(vectors.mean(0)))
    places: Floats = np.where(varies, vectors / np.where(varies, spread, 1.0), 0.0)
    if not varies.any():
        return places
    count = len(vectors)
    scaled: Floats = places / np.sqrt(2 * varies.sum() * count / (count - 1))
    return scaled


def share_choices(network: Graph | Candidate, other: Graph | Candidate) -> bool:
    """Whether both are architectures of one space, which differ in its choices."""
    return (
        isinstance(network, Candidate)
        and isinstance(other, Candidate)
        and network.space.name == other.space.name
        and bool(network.params and other.params)
    )


def differences(network: Graph | Candidate, other: Graph | Candidate) -> tuple[Difference, ...]:
    """What differs: the choices of two architectures of one space, else the operations.

    Operations are counted without dead parts, by kind, window, stride and grouping, whatever their
    width; those whose numbers differ most come first. Networks may thus differ in their
    wiring or widths alone, and show no difference.
    """
    if share_choices(network, other):
        assert isinstance(network, Candidate)
        assert isinstance(other, Candidate)
        return _differing(_choices(network), _choices(other), None)
    own, its = (_operations(one) for one in (network, other))
    found = _differing(own, its, 0)
    return tuple(sorted(found, key=lambda one: -abs(one.own - one.other)))


def _differing(
    own: Mapping[str, Any], other: Mapping[str, Any], missing: object
) -> tuple[Difference, ...]:
    return tuple(
        Difference(name, own.get(name, missing), other.get(name, missing))
        for name in dict.fromkeys([*own, *other])
        if own.get(name, missing) != other.get(name, missing)
    )


def _choices(candidate: Candidate) -> dict[str, Any]:
    """The choices of an architecture, and the macro sizes of its space."""
    return {**candidate.params, **candidate.space.macro()}


def _operations(network: Graph | Candidate) -> Counter[str]:
    graph = network.network if isinstance(network, Candidate) else network.simplified
    return Counter(operation(graph, node) for node in graph.nodes)


def _shown(value: object) -> str:
    return "–" if value is None else str(value)
