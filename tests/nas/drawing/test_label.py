from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.drawing.label import Labels, operation, shape, short
from nas.graph.builder import GraphBuilder
from nas.importers.from_module import from_module


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1k"), (1234, "1.23k"), (999_999, "1M"), (2.5e12, "2.5T")],
)
def test_short(number: float, text: str) -> None:
    assert short(number) == text


def test_shape_leaves_the_batch_out() -> None:
    assert (shape((1, 16, 32, 8)), shape((1, 10)), shape((1,))) == ("16×32×8", "10", "1")


def test_operations_show_attributes_that_their_output_does_not() -> None:
    b = GraphBuilder()
    x = b.input((1, 8, 16, 16))
    y = b.conv2d(x, 8, (1, 7), stride=2, dilation=2, groups=8, name="a")
    y = b.max_pool(b.conv2d(y, 8, 5, groups=2, name="b"))
    tokens = b.layer_norm(b.tokens(y))
    b.attention(tokens, tokens, tokens, 4)
    graph = b.build(y)

    assert [operation(graph, node) for node in graph.nodes] == [
        "conv 1×7 /2 dilated 2 depthwise",
        "conv 5×5 groups 2",
        "max_pool 3×3",
        "reshape",
        "layer_norm",
        "attention heads=4",
    ]


def test_calls_are_named_by_their_function() -> None:
    class Turned(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.flip(x, (1,))

    graph = from_module(Turned(), torch.zeros(1, 3)).graph
    assert [operation(graph, node) for node in graph.nodes] == ["flip"]


def test_a_value_is_named_by_the_scope_it_is_the_result_of() -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 8, 8))
    with b.scope("stage0"), b.scope("cell0"):
        y = b.relu(b.conv2d(x, 4, name="conv"))
    with b.scope("stage1"):
        with b.scope("cell0"):
            z = b.add(y, b.conv2d(y, 4, name="conv"))
        with b.scope("cell1"):
            z = b.add(z, b.conv2d(z, 4, name="conv"))
    labels = Labels(b.build(z))

    assert labels.of("stage0.cell0.relu", "stage1.cell0") == "stage0"
    assert labels.of("stage1.cell0.add", "stage1.cell1") == "cell0"
    assert labels.of("stage1.cell1.conv", "stage1.cell1.add") == "conv"
    assert labels.of("x", "stage0") == "x"
