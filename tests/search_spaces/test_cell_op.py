from __future__ import annotations

import pytest

from nas.graph.builder import GraphBuilder
from search_spaces import darts, nasnet, nb201
from search_spaces.cell_op import CELL_OPS


def test_every_space_uses_the_one_table():
    used = {*darts.OPERATIONS, *nasnet.OPERATIONS, *nb201.OPERATIONS}
    assert used <= set(CELL_OPS)


@pytest.mark.parametrize("resolution", [1, 2, 7, 8])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", sorted(CELL_OPS))
def test_shape_rule(name, stride, resolution):
    b = GraphBuilder()
    x = b.input((1, 6, resolution, resolution))
    for channels in (6, 4):
        out = -(-resolution // stride)
        assert CELL_OPS[name](b, x, channels, stride).shape == (1, channels, out, out)


@pytest.mark.parametrize("name", ["identity", "skip_connect", "max_pool_3x3", "avg_pool_3x3"])
def test_free_where_nothing_changes(name):
    b = GraphBuilder()
    x = b.input((1, 6, 8, 8))
    assert b.build(CELL_OPS[name](b, x, 6, 1)).parameters() == {}


def test_skip_connection_interleaves_two_convolutions_and_identity_takes_one():
    kernels = {}
    for name in ("skip_connect", "identity"):
        b = GraphBuilder()
        graph = b.build(CELL_OPS[name](b, b.input((1, 6, 8, 8)), 6, 2))
        kernels[name] = sum(node.op.kind == "conv2d" for node in graph.nodes)
    assert kernels == {"skip_connect": 2, "identity": 1}
