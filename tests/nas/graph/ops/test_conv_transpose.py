from __future__ import annotations

import pytest
import torch

from nas.errors import GraphError, ShapeError
from nas.graph.op import OpFeatures
from nas.graph.ops import Conv2d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d

IMAGE = (1, 6, 5, 7)


@pytest.mark.parametrize(
    ("op", "shape"),
    [(ConvTranspose1d, (5,)), (ConvTranspose2d, (5, 7)), (ConvTranspose3d, (3, 5, 7))],
)
def test_the_size_doubles_by_default(op, shape):
    doubled = tuple(2 * size for size in shape)
    assert op(out_channels=4).infer_shape((1, 6, *shape)) == (1, 4, *doubled)


@pytest.mark.parametrize("extra", [(0, 0), (1, 0), (1, 1)])
def test_it_is_the_gradient_of_a_convolution(extra):
    """The vector-Jacobian product of a convolution, to the size that was convolved."""
    source = torch.Generator().manual_seed(0)
    size = tuple(5 + more for more in extra)  # strides of 2 make 3x3 of all of them
    conv = Conv2d(out_channels=4, stride=(2, 2))
    back = ConvTranspose2d(
        out_channels=6, kernel=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=extra
    )
    weight = torch.randn(4, 6, 3, 3, generator=source)
    y = torch.randn(2, 4, 3, 3, generator=source)
    _, expected = torch.autograd.functional.vjp(
        lambda x: conv.forward({"weight": weight}, x), torch.zeros(2, 6, *size), y
    )
    torch.testing.assert_close(back.forward({"weight": weight}, y), expected)
    assert back.infer_shape((2, 4, 3, 3)) == (2, 6, *size)
    assert back.macs((1, 4, 3, 3)) == conv.macs((1, 6, *size))


@pytest.mark.parametrize("extra", [(2, 0), (0, 3)])
def test_the_output_padding_is_smaller_than_the_stride(extra):
    with pytest.raises(GraphError, match="output_padding must be smaller than the stride"):
        ConvTranspose2d(out_channels=4, output_padding=extra)


def test_the_padding_leaves_something():
    conv = ConvTranspose2d(out_channels=4, padding=(0, 7))
    with pytest.raises(ShapeError, match="leaves something of 5x7, got 0x7"):
        conv.infer_shape(IMAGE)


def test_groups_divide_both_numbers_of_channels():
    with pytest.raises(ShapeError, match="divisible by groups=4, got 6 and 8"):
        ConvTranspose2d(out_channels=8, groups=4).infer_shape(IMAGE)


@pytest.mark.parametrize(
    ("op", "taken"), [(ConvTranspose1d, "sequence"), (ConvTranspose3d, "volume")]
)
def test_other_dimensions_are_refused(op, taken):
    with pytest.raises(ShapeError, match=rf"expected a {taken} batch .*, got \(1, 6, 5, 7\)"):
        op(out_channels=4).infer_shape(IMAGE)


def test_features():
    conv = ConvTranspose2d(out_channels=6, kernel=(1, 4), stride=(1, 2), groups=3, bias=True)
    assert conv.features() == OpFeatures(
        kind="conv_transpose", kernel=(1, 4), stride=2, groups=3, bias=True
    )
