from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nas.compile.apply import apply
from nas.graph.builder import GraphBuilder
from search_spaces.cells import darts, nasnet, nb201
from search_spaces.cells.cell_op import CELL_OPS
from search_spaces.deepnets import cell


def test_every_space_uses_the_one_table():
    used = {*darts.OPERATIONS, *nasnet.OPERATIONS, *nb201.OPERATIONS, *cell.OPERATIONS}
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


def test_gates_are_hard_swish_of_global_averages() -> None:
    b = GraphBuilder()
    graph = b.build(CELL_OPS["cse"](b, b.input((1, 4, 3, 3)), 4, 2))
    torch.manual_seed(0)
    params = {name: torch.randn(spec.shape) for name, spec in graph.parameters().items()}
    x = torch.randn(2, 4, 3, 3)
    reduce, reduce_bias, expand, expand_bias = params.values()
    hidden = F.relu(x.mean((2, 3)) @ reduce.flatten(1).T + reduce_bias)
    gates = F.hardswish(hidden @ expand.flatten(1).T + expand_bias)
    expected = (x * gates[:, :, None, None])[:, :, ::2, ::2]
    torch.testing.assert_close(apply(graph, params, x), expected)
    assert reduce.shape == (2, 4, 1, 1)


@pytest.mark.parametrize(
    ("channels", "heads"), [(6, 1), (8, 2), (16, 4), (32, 8), (48, 8), (64, 8)]
)
def test_heads_follow_the_width(channels, heads) -> None:
    b = GraphBuilder()
    graph = b.build(CELL_OPS["msa"](b, b.input((1, channels, 4, 4)), channels, 1))
    (found,) = (node.op.features() for node in graph.nodes if node.op.kind == "attention")
    assert found.groups == heads
