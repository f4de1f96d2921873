"""Networks that tests measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.compile.module import to_module
from nas.exporting.exportable import Exportable
from nas.graph.builder import GraphBuilder

if TYPE_CHECKING:
    from nas.graph.graph import Graph


def network(width: int, depth: int = 1, *, size: int = 16) -> Graph:
    """Convolutions of a width on images of three channels, and a classifier."""
    b = GraphBuilder()
    x = b.input((1, 3, size, size))
    for _ in range(depth):
        x = b.relu(b.conv2d(x, width, 3))
    return b.build(b.classifier(x, 10))


def exportable(width: int, depth: int = 1, *, size: int = 16) -> Exportable:
    """The network with random weights."""
    graph = network(width, depth, size=size)
    return Exportable.of(graph, to_module(graph).eval())
