"""Structural check of a graph: every fault, each with its node."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from nas.errors import GraphError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nas.graph.graph import Graph
    from nas.graph.node import Node
    from nas.graph.tensor_spec import TensorSpec


def check(graph: Graph) -> None:
    """Raise unless the graph is well formed and all its shapes agree.

    Raises:
        GraphError: One line for each fault, naming the node.
    """
    check_parts(graph.inputs, graph.nodes, graph.outputs)
    try:
        _ = graph.shapes
    except ShapeError as error:
        raise GraphError(error.message, hint=error.hint) from None


def check_parts(
    inputs: Iterable[TensorSpec], nodes: Iterable[Node], outputs: tuple[str, ...]
) -> None:
    """Check names, order and arity, before any shape is known.

    Raises:
        GraphError: One line for each fault, naming the node.
    """
    known = {spec.name for spec in inputs}
    faults = [] if known else ["the graph has no input"]
    for node in nodes:
        faults += _node_faults(node, known)
        known.add(node.name)
    faults += [
        f"output {name!r} is no value of the graph" for name in outputs if name not in known
    ]
    if not outputs:
        faults.append("the graph has no output")
    if faults:
        raise GraphError("\n".join(faults))


def _node_faults(node: Node, known: set[str]) -> list[str]:
    where = f"node {node.name!r} ({node.op.kind})"
    faults = []
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in _parts(node)):
        faults.append(f"{where}: the name must be Python identifiers joined by dots")
    if node.name in known:
        faults.append(f"{where}: the name is taken by an earlier node or input")
    faults += [
        f"{where}: reads {name!r}, which is no earlier node or input"
        for name in node.inputs
        if name not in known
    ]
    arity = node.op.arity
    if not node.inputs or (arity is not None and len(node.inputs) != arity):
        expected = "one or more" if arity is None else arity
        faults.append(f"{where}: expected {expected} inputs, got {len(node.inputs)}")
    return faults


def _parts(node: Node) -> list[str]:
    return node.name.split(".")
