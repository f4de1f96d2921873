"""The parts of a graph, for functions that graphs themselves call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.graph.applied import Applied
    from nas.graph.node import Node
    from nas.graph.tensor_spec import Shape, TensorSpec

    Parts = tuple[tuple[TensorSpec, ...], tuple[Node, ...], tuple[str, ...]]
    """Inputs, nodes and outputs."""


class GraphParts(Protocol):
    """Interface of :class:`nas.graph.graph.Graph` for the functions that it calls itself."""

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The input tensors."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The operations, each after its input nodes."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the values the graph returns."""

    @property
    def applied(self) -> Mapping[str, Applied]:
        """The operation of every node at its input shapes."""

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Shape of every value by name."""

    def input_shapes(self, node: Node) -> Sequence[Shape]:
        """Shapes of the values a node reads."""
