from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nas.compile.apply import apply
from nas.errors import ShapeError
from nas.graph import blocks
from nas.graph.builder import GraphBuilder


def build(block, *args, shape=(1, 6, 8, 8), **kwargs):
    b = GraphBuilder()
    return b.build(block(b, b.input(shape), *args, **kwargs))


def weights(graph):
    """Parameter shapes, norms left out."""
    return {
        name.removesuffix(".weight"): spec.shape
        for name, spec in graph.parameters().items()
        if len(spec.shape) == 4
    }


def kinds(graph):
    return [node.op.kind for node in graph.nodes]


def output(graph):
    return graph.shapes[graph.outputs[0]]


def random_parameters(graph):
    source = torch.Generator().manual_seed(0)
    specs = graph.parameters()
    return {name: torch.randn(spec.shape, generator=source) for name, spec in specs.items()}


def test_conv_bn():
    graph = build(blocks.conv_bn, 4, 5, stride=2)
    assert kinds(graph) == ["conv2d", "batch_norm2d"]
    assert weights(graph) == {"conv": (4, 6, 5, 5)}
    assert output(graph) == (1, 4, 4, 4)


def test_relu_conv_bn():
    graph = build(blocks.relu_conv_bn, 4)
    assert kinds(graph) == ["activation", "conv2d", "batch_norm2d"]
    assert weights(graph) == {"conv": (4, 6, 1, 1)}


def test_depthwise_separable_convolution():
    graph = build(blocks.depthwise_separable, 4, 3, stride=2, dilation=2)
    assert kinds(graph) == ["activation", "conv2d", "conv2d", "batch_norm2d"]
    assert weights(graph) == {"depthwise": (6, 1, 3, 3), "pointwise": (4, 6, 1, 1)}
    assert output(graph) == (1, 4, 4, 4)


def test_separable_convolution_is_applied_twice():
    graph = build(blocks.separable_conv, 4, 5, stride=2)
    assert weights(graph) == {
        "first.depthwise": (6, 1, 5, 5),
        "first.pointwise": (4, 6, 1, 1),
        "second.depthwise": (4, 1, 5, 5),
        "second.pointwise": (4, 4, 1, 1),
    }
    assert output(graph) == (1, 4, 4, 4)


def test_factorized_convolution_strides_along_each_axis_once():
    graph = build(blocks.factorized_conv, 4, 7, stride=2)
    assert weights(graph) == {"row": (4, 6, 1, 7), "column": (4, 4, 7, 1)}
    assert graph.shapes["row"] == (1, 4, 8, 4)
    assert output(graph) == (1, 4, 4, 4)


@pytest.mark.parametrize("side", [7, 8])
def test_factorized_reduction_sees_both_diagonal_grids(side):
    graph = build(blocks.factorized_reduction, 5, shape=(1, 6, side, side))
    assert weights(graph) == {"even": (2, 6, 1, 1), "odd": (3, 6, 1, 1)}
    params = random_parameters(graph)
    x = torch.randn(2, 6, side, side, generator=torch.Generator().manual_seed(1))
    shifted = F.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
    parts = [
        torch.einsum("oi,bihw->bohw", params["even.weight"].flatten(1), x[:, :, ::2, ::2]),
        torch.einsum("oi,bihw->bohw", params["odd.weight"].flatten(1), shifted[:, :, ::2, ::2]),
    ]
    expected = F.batch_norm(
        torch.cat(parts, 1), None, None, params["norm.weight"], params["norm.bias"], training=True
    )
    torch.testing.assert_close(apply(graph, params, x), expected, rtol=1e-4, atol=1e-4)


def test_factorized_reduction_needs_two_channels():
    with pytest.raises(ShapeError, match="two channels or more, got 1"):
        build(blocks.factorized_reduction, 1)


def test_squeeze_and_excitation_gates_channels():
    graph = build(blocks.squeeze_excite, 2)
    params = random_parameters(graph)
    x = torch.randn(3, 6, 8, 8, generator=torch.Generator().manual_seed(1))
    first, second = (params[f"squeeze_excite.{name}.weight"] for name in ("reduce", "expand"))
    hidden = x.mean((2, 3)) @ first.flatten(1).T + params["squeeze_excite.reduce.bias"]
    gate = hidden.relu() @ second.flatten(1).T + params["squeeze_excite.expand.bias"]
    expected = x * gate.sigmoid()[:, :, None, None]
    torch.testing.assert_close(apply(graph, params, x), expected)
    assert graph.outputs == ("squeeze_excite.mul",)


def test_squeeze_and_excitation_with_another_function():
    graph = build(blocks.squeeze_excite, 2, function="silu")
    functions = [node.op.function for node in graph.nodes if node.op.kind == "activation"]
    assert functions == ["silu", "sigmoid"]
