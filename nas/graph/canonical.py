"""Removal of the nodes that cannot change the result of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.node import Node
from nas.graph.ops.merge import Add
from nas.graph.ops.shape import Identity, Zero

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nas.graph.op import Op
    from nas.graph.parts import GraphParts, Parts


def simplify(graph: GraphParts) -> Parts:
    """Inputs, nodes and outputs of the graph, without the nodes that cannot change its result.

    Identities and sums of one value are bypassed, zeros leave sums and pass through operations
    that keep zero, and nodes that no output depends on are dropped.
    """
    alias: dict[str, str] = {}
    zeros: set[str] = set()
    kept: list[Node] = []
    source = graph.inputs[0].name
    for node in graph.nodes:
        kind = type(node.op)
        inputs = node.inputs
        if alias:
            inputs = tuple([alias.get(name, name) for name in inputs])
        if kind is Add and zeros:
            inputs = tuple([name for name in inputs if name not in zeros]) or inputs[:1]
        if (zeros or kind is Zero) and _is_zero(node.op, inputs, zeros):
            zeros.add(node.name)
            kept.append(Node(node.name, Zero(shape=graph.shapes[node.name][1:]), (source,)))
        elif kind is Identity or (kind is Add and len(inputs) == 1):
            alias[node.name] = inputs[0]
        else:
            kept.append(node if inputs == node.inputs else Node(node.name, node.op, inputs))
    outputs = tuple(alias.get(name, name) for name in graph.outputs)
    return graph.inputs, _reaching(kept, outputs), outputs


def _is_zero(op: Op, inputs: tuple[str, ...], zeros: set[str]) -> bool:
    if type(op) is Zero:
        return True
    if zeros.isdisjoint(inputs):
        return False
    return op.any_zero or (op.keeps_zero and zeros.issuperset(inputs))


def _reaching(nodes: list[Node], outputs: Iterable[str]) -> tuple[Node, ...]:
    needed = set(outputs)
    alive: list[Node] = []
    for node in reversed(nodes):
        if node.name in needed:
            needed.update(node.inputs)
            alive.append(node)
    return tuple(reversed(alive))
