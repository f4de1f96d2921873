from __future__ import annotations

import pytest

from nas.errors import ShapeError
from nas.graph.ops import Add, Concat, Mul

IMAGE = (1, 3, 8, 8)


def test_a_sum_needs_equal_shapes():
    with pytest.raises(ShapeError, match="expected equal inputs") as caught:
        Add().infer_shape(IMAGE, IMAGE, (1, 3, 1, 1))
    assert "1x1 conv2d" in caught.value.hint


@pytest.mark.parametrize("other", [(1, 3, 4, 4), (1, 3), (2, 3, 8, 8)])
def test_a_concatenation_may_differ_in_channels_only(other):
    with pytest.raises(ShapeError, match="differ in channels only"):
        Concat().infer_shape(IMAGE, other)


def test_channels_add_up():
    assert Concat().infer_shape(IMAGE, (1, 5, 8, 8), IMAGE) == (1, 11, 8, 8)


@pytest.mark.parametrize(
    ("other", "shape"),
    [((1, 3, 1, 1), IMAGE), ((1, 1, 8, 8), IMAGE), ((1, 3, 8, 1), IMAGE), (IMAGE, IMAGE)],
)
def test_a_product_broadcasts(other, shape):
    assert Mul().infer_shape(IMAGE, other) == Mul().infer_shape(other, IMAGE) == shape


def test_a_product_that_does_not_broadcast():
    with pytest.raises(ShapeError, match=r"broadcast, got \(1, 3, 8, 8\) and \(1, 3, 4, 4\)"):
        Mul().infer_shape(IMAGE, (1, 3, 4, 4))
