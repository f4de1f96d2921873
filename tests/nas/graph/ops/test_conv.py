from __future__ import annotations

import pytest

from nas.errors import ShapeError
from nas.graph.op import OpFeatures, Role
from nas.graph.ops import Conv1d, Conv2d, Conv3d

IMAGE = (1, 6, 16, 12)


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_odd_kernels_keep_the_size_by_default(kernel, dilation):
    conv = Conv2d(out_channels=4, kernel=(kernel, kernel), dilation=dilation)
    assert conv.infer_shape(IMAGE) == (1, 4, 16, 12)


def test_stride_divides_the_size_rounded_up():
    conv = Conv2d(out_channels=4, stride=(2, 2))
    assert conv.infer_shape((1, 6, 9, 8)) == (1, 4, 5, 4)


@pytest.mark.parametrize(("channels", "out"), [(6, 4), (4, 6)])
def test_groups_divide_both_numbers_of_channels(channels, out):
    with pytest.raises(ShapeError, match=f"divisible by groups=6, got {channels} and {out}"):
        Conv2d(out_channels=out, groups=6).infer_shape((1, channels, 8, 8))


def test_only_images_are_taken():
    with pytest.raises(ShapeError, match=r"expected an image batch \(B, C, H, W\), got \(1, 6\)"):
        Conv2d(out_channels=4).infer_shape((1, 6))


def test_roles():
    specs = Conv2d(out_channels=4, bias=True).parameters(IMAGE)
    assert [spec.role for spec in specs.values()] == [Role.WEIGHT, Role.BIAS]


def test_features():
    conv = Conv2d(out_channels=6, kernel=(1, 7), stride=(1, 2), dilation=2, groups=3)
    assert conv.features() == OpFeatures(
        kind="conv2d", kernel=(1, 7), stride=2, dilation=2, groups=3
    )


@pytest.mark.parametrize(
    ("conv", "kernel"),
    [
        (Conv1d(out_channels=6, kernel=(5,)), (1, 5)),
        (Conv3d(out_channels=6, kernel=(1, 3, 7)), (3, 7)),
    ],
)
def test_hypernetworks_see_the_last_two_sizes_of_a_window(conv, kernel):
    assert conv.features() == OpFeatures(kind="conv2d", kernel=kernel)


def test_features_of_unequal_dimensions_are_the_largest():
    conv = Conv3d(out_channels=6, stride=(1, 4, 2), dilation=(3, 1, 2))
    assert conv.features() == OpFeatures(kind="conv2d", kernel=(3, 3), stride=4, dilation=3)


def test_a_convolution_is_written_as_before():
    """Hashes of graphs depend on it."""
    assert repr(Conv2d(out_channels=4)) == (
        "Conv2d(out_channels=4, kernel=(3, 3), stride=(1, 1), dilation=1, groups=1, bias=False, "
        "padding=None)"
    )


def test_macs_of_the_first_layer_of_resnet():
    """112 x 112 positions, 64 filters, 3 x 7 x 7 weights (He et al. 2016: 118 million)."""
    stem = Conv2d(out_channels=64, kernel=(7, 7), stride=(2, 2))
    assert stem.macs((1, 3, 224, 224)) == 118_013_952
