"""The result of importing a module."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from torch import Tensor

    from nas.graph.graph import Graph


Frozen = Literal["keep", "predict"]
"""Whether parameters that require no gradient keep their values or are predicted."""


@dataclass(frozen=True)
class Coverage:
    """Which of a model's parameters a hypernetwork can predict, with their sizes.

    Attributes:
        predicted: Learned parameters of the graph, by the model's own names.
        opaque: Parameters inside modules that could not be read.
        excluded: Parameters that no output depends on.
        kept: Parameters that are not learned: frozen ones, whole numbers and masks.
        whole: Predicted parameters inside modules that run unchanged. The hypernetwork sees only
            their shape and the kind of their layer.
    """

    predicted: Mapping[str, int]
    opaque: Mapping[str, int]
    excluded: Mapping[str, int]
    kept: Mapping[str, int] = field(default_factory=dict)
    whole: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Number of parameters of the model, shared ones counted once."""
        groups = self.predicted, self.opaque, self.excluded, self.kept
        return sum(sum(part.values()) for part in groups)

    @property
    def share(self) -> float:
        """Share of the parameters that can be predicted; 1 for a model without parameters."""
        return sum(self.predicted.values()) / self.total if self.total else 1.0

    def keeping(self, names: Container[str]) -> Coverage:
        """The same coverage with these parameters counted as kept."""
        groups = self.predicted, self.opaque, self.excluded
        predicted, opaque, excluded = (
            {n: size for n, size in group.items() if n not in names} for group in groups
        )
        more = {n: size for group in groups for n, size in group.items() if n in names}
        whole = {n: size for n, size in self.whole.items() if n not in names}
        return Coverage(predicted, opaque, excluded, {**self.kept, **more}, whole)


@dataclass(frozen=True, eq=False)
class Imported:
    """A module read as a graph.

    Attributes:
        graph: The architecture.
        names: The module's own names of parameters and buffers, by their names in the graph.
        coverage: Which parameters can be predicted.
        state: The module's own parameters and buffers, and constants, by their names in the graph;
            with them :func:`nas.compile.apply` gives the module's outputs.
        batch: The only batch size the graph runs at, None if it runs at any.
    """

    graph: Graph
    names: Mapping[str, str]
    coverage: Coverage
    state: Mapping[str, Tensor]
    batch: int | None = None
