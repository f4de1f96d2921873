"""Figures of candidates, in one table."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from nas.analysis.cost import cost
from nas.errors import ConfigError, described, nearest
from nas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from nas.graph.graph import Graph

Direction = Literal["minimize", "maximize"]
_ALLOWED = {
    "direction": ("minimize", "maximize"),
    "known": ("graph", "weights"),
    "promises": ("higher", "lower"),
}


COUNTS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
"""Units of numbers, in lower case: a constraint may write ``2M``."""

MILLISECONDS = {"": 1.0, "ms": 1.0, "s": 1e3, "us": 1e-3, "µs": 1e-3}
"""Units of times in milliseconds."""

BYTES = {**COUNTS, "b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9}
"""Units of memory in bytes."""

MILLIJOULES = {"": 1.0, "mj": 1.0, "j": 1e3, "uj": 1e-3, "µj": 1e-3}
"""Units of energy in millijoules."""

DEVICE_FIGURES = {"latency": MILLISECONDS, "memory": BYTES, "energy": MILLIJOULES}
"""Figures of a network on a device, and their units; registered for a device that was measured."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number measured for a candidate; objectives, constraints, rankings and columns name it.

    Attributes:
        direction: Default direction of an objective.
        known: ``graph``: known before the network is built, so constraints may name it;
            ``weights``: known once the candidate is scored.
        promises: Whether ``higher`` or ``lower`` values promise a more accurate network.
        ranks: Whether candidates may be ranked by it.
        may_lack: Whether trials of earlier versions lack it.
        of: Function from a network to the figure, where neither its cost nor its score holds it.
        units: Units that a constraint may give its limit in, in lower case.
        version: Identity of the function; a search is not continued with another version.

    Raises:
        ConfigError: One of them has another value.

    Example:
        >>> import nas
        >>> nodes = Figure(direction="minimize", of=lambda graph: len(graph.nodes))
        >>> nas.figures.register("nodes")(nodes) is nodes
        True
    """

    direction: Direction
    known: Literal["graph", "weights"] = "graph"
    promises: Literal["higher", "lower"] = "higher"
    ranks: bool = False
    may_lack: bool = False
    of: Callable[[Graph], float] | None = None
    units: Mapping[str, float] = field(default_factory=COUNTS.copy)
    version: str = ""

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ConfigError(
                    f"the {name} of a figure is {' or '.join(allowed)}, got {described(value)}"
                )
        if not (self.of is None or callable(self.of)):
            raise ConfigError(f"a figure is a function of a graph, got {described(self.of)}")


FIGURES: Registry[Figure] = Registry("figure", Figure)

for _name, _figure in {
    "score": Figure(direction="maximize", known="weights", ranks=True),
    "accuracy": Figure(direction="maximize", known="weights", ranks=True),
    "loss": Figure(direction="minimize", known="weights", promises="lower", ranks=True),
    "brier": Figure(direction="minimize", known="weights", promises="lower", ranks=True),
    "readout": Figure(
        direction="minimize", known="weights", promises="lower", ranks=True, may_lack=True
    ),
    "naswot": Figure(direction="maximize", known="weights", ranks=True),
    "params": Figure(direction="minimize", ranks=True),
    "macs": Figure(direction="minimize", ranks=True),
    "activation_bytes": Figure(direction="minimize"),
    "layers": Figure(direction="minimize", ranks=True),
    "shortest_path": Figure(direction="minimize", promises="lower", ranks=True),
    "mean_path": Figure(direction="minimize", ranks=True),
}.items():
    FIGURES.register(_name)(_figure)

RECORDED = tuple(FIGURES.in_order())
"""Figures recorded for every scored trial; others may have been registered later."""


def known_from(source: Literal["graph", "weights"]) -> list[str]:
    """Names of the figures known from the graph, or known once a candidate is scored."""
    return [name for name in FIGURES.in_order() if FIGURES.get(name).known == source]


def oriented(name: str, values: Sequence[float]) -> NDArray[np.float64]:
    """Values of a figure, with a sign such that higher values promise a higher accuracy."""
    sign = -1.0 if FIGURES.get(name).promises == "lower" else 1.0
    return sign * np.array(values, dtype=np.float64)


def graph_figures(network: Graph) -> dict[str, float]:
    """All figures that are known from a graph, by name."""
    own = {name: FIGURES.get(name).of for name in known_from("graph")}
    return {
        **asdict(cost(network)),
        **{name: float(of(network)) for name, of in own.items() if of is not None},
    }


def check_name(name: str, known: Iterable[str], kind: str) -> None:
    """Raise unless a name is known.

    Raises:
        ConfigError: The name is unknown; the message suggests the nearest one.
    """
    names = list(known)
    if name not in names:
        raise ConfigError(
            f"unknown {kind} {name!r}. {nearest(name, names)}".rstrip(),
            hint="Measure a device with `nas latency --out FILE`, and name it with --latency FILE."
            if name in DEVICE_FIGURES
            else f"Known: {', '.join(names)}.",
        )
