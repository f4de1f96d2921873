"""Small graphs, written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from nas.graph.op import Op

IMAGE = (1, 3, 8, 8)


def step(name: str, op: Op, *inputs: str) -> Node:
    return Node(name, op, inputs or ("x",))


def graph(*nodes: Node, shape: tuple[int, ...] = IMAGE, outputs: tuple[str, ...] = ()) -> Graph:
    """Nodes that read the image ``x`` or each other; the last one is the output."""
    return Graph((TensorSpec(shape),), nodes, outputs or (nodes[-1].name,))
