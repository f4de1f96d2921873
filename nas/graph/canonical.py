"""Canonical form and isomorphism-invariant fingerprint of a graph."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from nas.graph.node import Node
from nas.graph.ops.activation import ZERO_PRESERVING, Activation
from nas.graph.ops.dropout import RandomOmission
from nas.graph.ops.merge import Add, Concat, Mul
from nas.graph.ops.pool import AdaptivePool, WindowPool
from nas.graph.ops.shape import Flatten, Identity, Shift2d, Zero

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nas.graph.graph import Graph
    from nas.graph.op import Op
    from nas.graph.tensor_spec import TensorSpec

Parts = tuple[tuple["TensorSpec", ...], tuple[Node, ...], tuple[str, ...]]
_ZERO_TO_ZERO = (Add, Concat, Identity, Flatten, RandomOmission, Shift2d, WindowPool, AdaptivePool)


def simplify(graph: Graph) -> Parts:
    """Inputs, nodes and outputs of the graph without what cannot change its result.

    Identities and sums of one value are bypassed, zeros leave sums and pass through operations
    that keep zero, and nodes no output depends on are dropped.
    """
    alias: dict[str, str] = {}
    zeros: set[str] = set()
    kept: list[Node] = []
    source = graph.inputs[0].name
    for node in graph.nodes:
        inputs = tuple(alias.get(name, name) for name in node.inputs)
        if isinstance(node.op, Add):
            inputs = tuple(name for name in inputs if name not in zeros) or inputs[:1]
        if _is_zero(node.op, inputs, zeros):
            zeros.add(node.name)
            kept.append(Node(node.name, Zero(shape=graph.shapes[node.name][1:]), (source,)))
        elif isinstance(node.op, Identity) or (isinstance(node.op, Add) and len(inputs) == 1):
            alias[node.name] = inputs[0]
        else:
            kept.append(Node(node.name, node.op, inputs))
    outputs = tuple(alias.get(name, name) for name in graph.outputs)
    return graph.inputs, _reaching(kept, outputs), outputs


def _is_zero(op: Op, inputs: tuple[str, ...], zeros: set[str]) -> bool:
    if isinstance(op, Zero):
        return True
    if isinstance(op, Mul):
        return any(name in zeros for name in inputs)
    keeps = isinstance(op, _ZERO_TO_ZERO) or (
        isinstance(op, Activation) and op.function in ZERO_PRESERVING
    )
    return keeps and all(name in zeros for name in inputs)


def _reaching(nodes: list[Node], outputs: Iterable[str]) -> tuple[Node, ...]:
    needed = set(outputs)
    alive: list[Node] = []
    for node in reversed(nodes):
        if node.name in needed:
            needed.update(node.inputs)
            alive.append(node)
    return tuple(reversed(alive))


def fingerprint(graph: Graph) -> str:
    """Hash that is equal for graphs equal up to node names and commutative order.

    A node's colour is made of what it computes (a sweep from the inputs), then of who reads it (a
    sweep from the outputs), then of both (inputs again): Weisfeiler-Lehman refinement that walks
    whole paths at once, because the graph is acyclic. The result digests the bag of all colours,
    so one shared convolution and two equal ones differ.
    """
    start = {
        spec.name: _digest("input", repr((position, spec.shape, spec.dtype)))
        for position, spec in enumerate(graph.inputs)
    }
    down = _sweep_down(graph, start, {})
    up = _sweep_up(graph, down)
    both = _sweep_down(graph, {spec.name: up[spec.name] for spec in graph.inputs}, up)
    return _digest(*sorted(both.values()), "->", *(both[name] for name in graph.outputs))


def _sweep_down(graph: Graph, colours: dict[str, str], previous: dict[str, str]) -> dict[str, str]:
    for node in graph.nodes:
        reads = [colours[name] for name in node.inputs]
        if node.op.commutative:
            reads.sort()
        colours[node.name] = _digest(_token(node.op), previous.get(node.name, ""), *reads)
    return colours


def _sweep_up(graph: Graph, down: dict[str, str]) -> dict[str, str]:
    reads: dict[str, list[str]] = {name: [] for name in down}
    for position, name in enumerate(graph.outputs):
        reads[name].append(f"output{position}")
    up: dict[str, str] = {}
    for node in reversed(graph.nodes):
        colour = up[node.name] = _digest(down[node.name], *sorted(reads[node.name]))
        for position, name in enumerate(node.inputs):
            reads[name].append(colour if node.op.commutative else f"{colour}@{position}")
    for spec in graph.inputs:
        up[spec.name] = _digest(down[spec.name], *sorted(reads[spec.name]))
    return up


@lru_cache(maxsize=4096)
def _token(op: Op) -> str:
    return repr(op)


def _digest(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
