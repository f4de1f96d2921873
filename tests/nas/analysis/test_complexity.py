from __future__ import annotations

import pytest

from nas.analysis.complexity import Complexity, complexity
from nas.analysis.cost import cost
from nas.graph.builder import GraphBuilder


def counted(*layers: str) -> Complexity:
    """Of layers on an image of 3 channels and 6x6 pixels, each reading the one before."""
    b = GraphBuilder()
    x = b.input((1, 3, 6, 6))
    for layer in layers:
        x = {
            "conv": lambda x: b.conv2d(x, 8, 3),
            "biased": lambda x: b.conv2d(x, 8, 3, bias=True),
            "grouped": lambda x: b.conv2d(x, 6, 3, stride=2, groups=3),
            "norm": b.batch_norm,
            "relu": b.relu,
            "pool": lambda x: b.max_pool(x, 2, stride=2),
            "classifier": lambda x: b.classifier(x, 10),
        }[layer](x)
    return complexity(b.build(x))


@pytest.mark.parametrize(
    ("layers", "params", "flops", "activations"),
    [
        (("conv",), 8 * 27, 8 * 27 * 36, 8 * 36),
        (("biased",), 8 * 27 + 8, 8 * 27 * 36 + 8 * 36, 8 * 36),
        (("grouped",), 6 * 9, 6 * 9 * 9, 6 * 9),
        (("norm", "relu"), 6, 0, 0),
        (("pool",), 0, 0, 3 * 9),
        (("classifier",), 3 * 10 + 10, 3 * 10 + 10, 10),
    ],
)
def test_counted_by_hand(
    layers: tuple[str, ...], params: int, flops: int, activations: int
) -> None:
    found = counted(*layers)
    assert found == Complexity(params=params, flops=flops, activations=activations)


def test_biases_are_what_multiply_accumulates_lack() -> None:
    b = GraphBuilder()
    graph = b.build(b.classifier(b.conv2d(b.input((1, 3, 6, 6)), 8), 10))
    assert complexity(graph).flops == cost(graph).macs + 10
    assert complexity(graph).params == cost(graph).params
