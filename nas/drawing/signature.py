"""Signatures of parts of an architecture; equal parts have equal signatures."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from nas.drawing.entry import Entry
    from nas.graph.graph import Graph
    from nas.graph.node import Node

Signature = tuple[Any, ...]

SIZES = ("out_channels", "out_features", "channels", "groups", "shape")
"""Attributes that depend on the width of a network."""
_ELSEWHERE = "?"


def exact(graph: Graph, entry: Entry) -> Signature:
    """Operations, wiring and shapes; parts with equal signatures have equal costs."""
    return tuple(
        (
            *_wiring(node, entry),
            node.op,
            graph.shapes[node.name],
            *graph.input_shapes(node),
        )
        for node in entry.nodes
    )


def loose(graph: Graph, entry: Entry) -> Signature:
    """Operations and wiring, independent of the number of channels and the resolution."""
    return tuple((*_wiring(node, entry), _kind(graph, node)) for node in entry.nodes)


def between(entry: Entry, known: Collection[str]) -> Signature:
    """Connections of the inner entries of a scope; only ``known`` ones are distinguished."""
    home = {node.name: inner.name for inner in entry.entries for node in inner.nodes}
    return tuple(
        (
            inner.name,
            tuple(
                found if (found := home.get(name, _ELSEWHERE)) in known else _ELSEWHERE
                for name in inner.reads()
            ),
        )
        for inner in entry.entries
        if inner.name in known
    )


def offsets(reads: Iterable[str], siblings: Mapping[str, int], position: int) -> tuple[int, ...]:
    """Distance from an entry back to the sibling that computes each value it reads.

    Args:
        reads: Names of the values.
        siblings: Positions by the nodes of the entries in the same scope; other nodes have
            position -1.
        position: Position of the reader.
    """
    return tuple(position - siblings.get(name, -1) for name in reads)


def _wiring(node: Node, entry: Entry) -> tuple[str, tuple[str, ...]]:
    start = len(entry.path) + 1
    numbers = {name: f"?{index}" for index, name in enumerate(entry.reads())}
    return node.name[start:], tuple(numbers.get(name, name[start:]) for name in node.inputs)


def _kind(graph: Graph, node: Node) -> tuple[Any, ...]:
    values = [
        getattr(node.op, field.name)
        for field in fields(node.op)  # type: ignore[arg-type]
        if field.name not in SIZES
    ]
    return node.op.kind, depthwise(graph, node), *values


def depthwise(graph: Graph, node: Node) -> bool:
    """Whether an operation treats each channel separately."""
    features = node.op.features()
    window = any(features.kernel)
    return window and 1 < features.groups == graph.input_shapes(node)[0][1]
