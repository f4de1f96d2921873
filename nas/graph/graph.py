"""An architecture as a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nas.errors import GraphError, counted, described
from nas.graph import canonical, serialise, text
from nas.graph.faults import part_faults
from nas.graph.fingerprint import fingerprint
from nas.graph.limits import check_size
from nas.graph.node import apply_node

if TYPE_CHECKING:
    from collections.abc import Mapping

    import networkx as nx

    from nas.graph.applied import Applied
    from nas.graph.node import Node
    from nas.graph.op import ParamSpec
    from nas.graph.tensor_spec import Shape, TensorSpec


_SHOWN = 2
"""Inputs and outputs in a ``repr``."""


@dataclass(frozen=True)
class Graph:
    """A frozen architecture: inputs, nodes in topological order, outputs.

    Attributes:
        inputs: The input tensors.
        nodes: The operations, each after its input nodes.
        outputs: Names of the values the graph returns.

    Example:
        >>> from nas.graph import GraphBuilder
        >>> b = GraphBuilder()
        >>> x = b.input((1, 3, 32, 32))
        >>> graph = b.build(b.conv2d(x, 8, name="stem"))
        >>> graph.shapes["stem"]
        (1, 8, 32, 32)
    """

    inputs: tuple[TensorSpec, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]

    def __repr__(self) -> str:
        inputs = ", ".join(f"{spec.name} {spec.shape}" for spec in self.inputs[:_SHOWN])
        outputs = ", ".join(self.outputs[:_SHOWN])
        return f"Graph({inputs} -> {outputs}; {counted(len(self.nodes), 'node')})"

    @cached_property
    def faults(self) -> tuple[str, ...]:
        """Faults in names, order and arity, see :func:`nas.graph.check.check`."""
        return tuple(part_faults(self.inputs, self.nodes, self.outputs))

    @cached_property
    def applied(self) -> Mapping[str, Applied]:
        """The operation of every node at its input shapes, by the node's name.

        Raises:
            ShapeError: A node cannot take its inputs; the message names it.
        """
        shapes = {spec.name: spec.shape for spec in self.inputs}
        found = {}
        for node in self.nodes:
            step = apply_node(node, tuple([shapes[name] for name in node.inputs]))
            found[node.name] = step
            shapes[node.name] = step.shape
        return found

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Shape of every value by name, the batch dimension being 1.

        Raises:
            ShapeError: A node cannot take its inputs; the message names it.
        """
        inputs = {spec.name: spec.shape for spec in self.inputs}
        return inputs | {name: step.shape for name, step in self.applied.items()}

    @cached_property
    def consumers(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the nodes that read each value; a node that reads it twice is listed twice."""
        readers: dict[str, list[str]] = {spec.name: [] for spec in self.inputs}
        for node in self.nodes:
            readers[node.name] = []
            for name in node.inputs:
                readers[name].append(node.name)
        return {name: tuple(nodes) for name, nodes in readers.items()}

    def input_shapes(self, node: Node) -> list[Shape]:
        """Shapes of the values a node reads."""
        return [self.shapes[name] for name in node.inputs]

    @cached_property
    def _owned(self) -> dict[str, Mapping[str, ParamSpec]]:
        return {name: step.parameters for name, step in self.applied.items()}

    @cached_property
    def _parameters(self) -> dict[str, ParamSpec]:
        return {
            f"{owner}.{name}": spec
            for owner, specs in self._owned.items()
            for name, spec in specs.items()
        }

    def parameters(self) -> dict[str, ParamSpec]:
        """Shape and role of every parameter, named as in the compiled module's state."""
        return dict(self._parameters)

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """The node of every parameter; its own name, like a node's, may hold dots."""
        return {f"{owner}.{name}": owner for owner, specs in self._owned.items() for name in specs}

    @cached_property
    def simplified(self) -> Graph:
        """The same function without dead nodes, identities and added zeros.

        Names are kept, so its parameters are a subset of this graph's.
        """
        return Graph(*canonical.simplify(self))

    @cached_property
    def _hash(self) -> str:
        return fingerprint(self.simplified)

    def hash(self) -> str:
        """32 hex digits, equal for isomorphic graphs.

        Node names, dead branches, identities, added zeros and the order of commutative inputs do
        not matter.
        """
        return self._hash

    def to_json(self) -> str:
        """The graph as a JSON document with a format version."""
        return serialise.to_json(self)

    @staticmethod
    def from_json(document: str) -> Graph:
        """The graph of a JSON document written by :meth:`to_json`, checked.

        Raises:
            GraphError: The document is not a graph of a known version, a node is faulty, or the
                graph exceeds the limits of :mod:`nas.graph.limits`.
            ShapeError: An operation cannot take its inputs.
        """
        graph = Graph(*serialise.from_json(document))
        check_size(graph)
        return graph

    def to_networkx(self) -> nx.MultiDiGraph:
        """A networkx view: one node for each value, one edge for each input, with its position."""
        return serialise.to_networkx(self)

    def summary(self) -> str:
        """A table with one line for each node: operation, inputs, output shape, parameters."""
        return text.summary(self)


def check_is_graph(thing: object) -> None:
    """See that something is a graph.

    Raises:
        GraphError: It is something else.
    """
    if not isinstance(thing, Graph):
        raise GraphError(
            f"expected a nas.Graph, got {described(thing)}",
            hint="Take that of a candidate (candidate.graph), of a file (Graph.from_json), or "
            "of a module (nas.importers.from_module).",
        )
