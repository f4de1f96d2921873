from __future__ import annotations

import pytest

from nas.graph.builder import GraphBuilder
from search_spaces.cells.cell import add_cell, project
from search_spaces.cells.genotype import Edge

BLOCKS = (
    (Edge("sep_conv_3x3", 1), Edge("max_pool_3x3", 1)),
    (Edge("identity", 2), Edge("conv_3x3", 1)),
)


@pytest.mark.parametrize(("stride", "resolution"), [(1, 8), (2, 4)])
def test_unused_inputs_are_brought_to_the_shape_of_the_blocks(stride, resolution):
    b = GraphBuilder()
    first, second = b.input((1, 6, 8, 8), name="a"), b.input((1, 4, 8, 8), name="b")
    out = add_cell(b, (first, second), BLOCKS, (0, 3), 4, stride=stride)
    assert out.shape == (1, 8, resolution, resolution)


def test_only_operations_on_the_inputs_have_a_stride():
    b = GraphBuilder()
    x = b.input((1, 4, 8, 8))
    graph = b.build(add_cell(b, (x, x), BLOCKS, (2, 3), 4, stride=2))
    assert graph.shapes["block0.add"] == graph.shapes["block1.add"] == (1, 4, 4, 4)
    strided = [node.name for node in graph.nodes if max(node.op.features().stride, 1) == 2]
    assert strided == [
        "block0.left.first.depthwise",
        "block0.right.max_pool2d",
        "block1.right.conv",
    ]


def test_projection_halves_the_resolution_where_needed():
    b = GraphBuilder()
    x, like = b.input((1, 6, 9, 9), name="a"), b.input((1, 2, 5, 5), name="b")
    assert project(b, x, 4, like).shape == (1, 4, 5, 5)
    assert project(b, x, 4, x).shape == (1, 4, 9, 9)
