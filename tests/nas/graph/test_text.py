from __future__ import annotations

import pytest

from nas.graph.builder import GraphBuilder
from nas.graph.ops import Activation, Add, Conv2d, Linear, Zero
from nas.graph.text import describe


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (Add(), "add"),
        (Activation(function="relu"), "activation(function=relu)"),
        (Conv2d(out_channels=16), "conv2d(out_channels=16)"),
        (Conv2d(out_channels=16, kernel=(1, 1)), "conv2d(out_channels=16, kernel=(1, 1))"),
        (Linear(out_features=3, bias=False), "linear(out_features=3, bias=False)"),
        (Zero(shape=(2, 4, 4)), "zero(shape=(2, 4, 4))"),
    ],
)
def test_attributes_at_their_default_are_not_shown(op, text):
    assert describe(op) == text


def test_summary_is_a_table_with_the_total_below():
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 3, 8, 8)), 64, stride=2, name="stem")
    lines = b.build(b.classifier(x, 10)).summary().splitlines()
    rows = [tuple(part.strip() for part in line.split("  ") if part.strip()) for line in lines]
    assert rows == [
        ("name", "operation", "inputs", "output", "parameters"),
        ("x", "input", "(1, 3, 8, 8)"),
        ("stem", "conv2d(out_channels=64, stride=(2, 2))", "x", "(1, 64, 4, 4)", "1,728"),
        ("pool", "adaptive_avg_pool2d", "stem", "(1, 64, 1, 1)", "0"),
        ("flatten", "flatten", "pool", "(1, 64)", "0"),
        ("classifier", "linear(out_features=10, head=True)", "flatten", "(1, 10)", "650"),
        ("4 nodes, 2,378 parameters",),
    ]
    starts = {line.index(row[-2]) for line, row in zip(lines[2:-1], rows[2:-1], strict=True)}
    assert len(starts) == 1, "columns are aligned"
    assert all(line == line.rstrip() for line in lines)
