"""Structural check of a graph: every fault, each with its node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import ShapeError
from nas.graph.faults import refuse
from nas.graph.node import apply_node

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import Shape


def check(graph: Graph) -> None:
    """Raise unless the graph is well formed and all its shapes agree; it then compiles.

    Nodes that no output depends on are checked like the others.

    Raises:
        GraphError: One line for each fault, naming the node.
    """
    check_form(graph)
    try:
        _ = graph.shapes
    except ShapeError:
        refuse(_shape_faults(graph))


def check_form(graph: Graph) -> None:
    """Check names, order and arity only.

    Raises:
        GraphError: One line for each fault, naming the node.
    """
    refuse(graph.faults)


def _shape_faults(graph: Graph) -> list[str]:
    """All faults, except those that are consequences of others."""
    shapes: dict[str, Shape] = {spec.name: spec.shape for spec in graph.inputs}
    faults = []
    for node in graph.nodes:
        if all(name in shapes for name in node.inputs):
            try:
                reads = tuple(shapes[name] for name in node.inputs)
                shapes[node.name] = apply_node(node, reads).shape
            except ShapeError as error:
                faults.append(str(error))
    return faults
