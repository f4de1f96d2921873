from __future__ import annotations

import pytest

from nas.graph.builder import GraphBuilder
from search_spaces.stages.inverted_residual import divisible, inverted_residual


@pytest.mark.parametrize(
    ("width", "expected"), [(1, 8), (8, 8), (11.9, 16), (12, 16), (20, 24), (24, 24), (9, 16)]
)
def test_widths_are_rounded_to_eights(width: float, expected: int) -> None:
    """Eight would be less than nine tenths of nine."""
    assert divisible(width) == expected
    assert expected % 8 == 0
    assert expected >= 0.9 * width


@pytest.mark.parametrize(
    ("channels", "stride", "residual"), [(16, 1, True), (16, 2, False), (24, 1, False)]
)
def test_the_input_is_added_where_the_shape_is_kept(
    channels: int, stride: int, residual: bool
) -> None:
    b = GraphBuilder()
    x = b.input((1, 16, 8, 8))
    y = inverted_residual(b, x, channels, 5, stride, expansion=4, function="relu", se=True)
    assert y.shape == (1, channels, 8 // stride, 8 // stride)
    names = b.build(y).shapes
    assert ("add" in names) == residual
    assert names["squeeze_excite.reduce"] == (1, 4, 1, 1)
    assert names["depthwise.conv"][1] == 64
