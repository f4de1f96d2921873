from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from hypernets.decoders.class_head import FINAL_GAIN
from hypernets.decoders.matrix_decoder import unrepeated
from hypernets.decoders.tile import TileDecoder
from hypernets.decoders.tiling import tile
from nas.graph.op import Role
from tests.hypernets.decoders.decoder_cases import SHAPES

HIDDEN, CHANNELS, KERNEL, CLASSES = 6, 4, 5, 3
FULL = (CHANNELS, CHANNELS, KERNEL, KERNEL)


@pytest.fixture
def decoder():
    torch.manual_seed(0)
    decoder = TileDecoder(HIDDEN, CHANNELS, KERNEL, CLASSES)
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return decoder


@pytest.fixture
def h():
    return torch.randn(2, HIDDEN, generator=torch.Generator().manual_seed(1))


def whole_tile(decoder, h):
    """Linear, ReLU, 1x1 convolution, ReLU, 1x1 convolution: (P, D) -> (P, C, C, S, S)."""
    x = decoder.spatial(h).view(len(h), KERNEL, KERNEL, 4 * HIDDEN).permute(0, 3, 1, 2)
    x = F.conv2d(F.relu(x), decoder.mix.weight[:, :, None, None], decoder.mix.bias)
    x = F.conv2d(F.relu(x), decoder.tile.weight[:, :, None, None], decoder.tile.bias)
    return x.view(len(h), *FULL)


def test_the_tile_is_two_pointwise_convolutions(decoder, h):
    assert_close(decoder(h, Role.WEIGHT, FULL), whole_tile(decoder, h))


@pytest.mark.parametrize("side", [1, 3, 5])
def test_small_windows_are_the_centre_of_the_tile(decoder, h, side):
    edge = (KERNEL - side) // 2
    centre = whole_tile(decoder, h)[..., edge : edge + side, edge : edge + side]
    assert_close(decoder(h, Role.WEIGHT, (CHANNELS, CHANNELS, side, side)), centre)


@pytest.mark.parametrize(("kernel", "part"), [((1, 5), (2, slice(None))), ((3, 1), None)])
def test_long_windows(decoder, h, kernel, part):
    rows, columns = part or (slice(1, 4), 2)
    expected = whole_tile(decoder, h)[..., rows, columns].reshape(2, CHANNELS, CHANNELS, *kernel)
    assert_close(decoder(h, Role.WEIGHT, (CHANNELS, CHANNELS, *kernel)), expected)


def test_narrow_layers_are_the_first_channels(decoder, h):
    expected = whole_tile(decoder, h)[:, :3, :2]
    assert_close(decoder(h, Role.WEIGHT, (3, 2, KERNEL, KERNEL)), expected)


def test_wide_layers_repeat_the_tile(decoder, h):
    expected = whole_tile(decoder, h).repeat(1, 3, 2, 1, 1)[:, :9, :7]
    assert_close(decoder(h, Role.WEIGHT, (9, 7, KERNEL, KERNEL)), expected)


def test_a_layer_wide_in_one_direction_only(decoder, h):
    expected = whole_tile(decoder, h)[:, :, :1].repeat(1, 2, 1, 1, 1)
    assert_close(decoder(h, Role.WEIGHT, (8, 1, KERNEL, KERNEL)), expected)


def test_large_windows_are_interpolated(decoder, h):
    tile = whole_tile(decoder, h).flatten(0, 1)
    expected = F.interpolate(tile, (7, 9), mode="bilinear").view(2, CHANNELS, CHANNELS, 7, 9)
    assert_close(decoder(h, Role.WEIGHT, (CHANNELS, CHANNELS, 7, 9)), expected)


def test_linear_weights_are_windows_of_one(decoder, h):
    expected = decoder(h, Role.WEIGHT, (3, 6, 1, 1))[..., 0, 0]
    assert_close(decoder(h, Role.WEIGHT, (3, 6)), expected)


def test_vectors_are_cut_or_repeated(decoder, h):
    scale = decoder.vector(h)[:, :CHANNELS]
    shift = decoder.vector(h)[:, CHANNELS:]
    assert_close(decoder(h, Role.SCALE, (3,)), scale[:, :3])
    assert_close(decoder(h, Role.SHIFT, (6,)), shift.repeat(1, 2)[:, :6])
    assert_close(decoder(h, Role.BIAS, (6,)), decoder(h, Role.SHIFT, (6,)))


def test_heads_are_features_times_class_vectors(decoder, h):
    features = decoder.class_features(h).view(2, 4 * CHANNELS + 1, HIDDEN)
    scores = features @ decoder.class_vectors
    weight = decoder(h, Role.CLASS_WEIGHT, (CLASSES, 5))
    assert_close(weight, scores[:, :5].transpose(1, 2))
    assert_close(decoder(h, Role.CLASS_BIAS, (CLASSES,)), scores[:, -1])
    wide = decoder(h, Role.CLASS_WEIGHT, (CLASSES, 4 * CHANNELS + 2))
    assert_close(wide[:, :, -2:], wide[:, :, :2])


def test_heads_of_fewer_classes_get_the_first_vectors(decoder, h):
    whole = decoder(h, Role.CLASS_WEIGHT, (CLASSES, 5))
    assert_close(decoder(h, Role.CLASS_WEIGHT, (2, 5)), whole[:, :2])


@pytest.mark.parametrize(("role", "rest"), [(Role.CLASS_WEIGHT, (5,)), (Role.CLASS_BIAS, ())])
def test_heads_of_more_classes_keep_the_trained_rows(decoder, h, role, rest):
    few, some, many = (decoder(h, role, (classes, *rest)) for classes in (CLASSES, 7, 20))
    assert_close(some[:, :CLASSES], few)
    assert_close(many[:, :7], some)
    assert not torch.allclose(many[:, 3], many[:, 4])


def test_heads_of_images_are_heads_of_features(decoder, h):
    flat = decoder(h, Role.CLASS_WEIGHT, (CLASSES, 20))
    assert_close(decoder(h, Role.CLASS_WEIGHT, (CLASSES, 5, 2, 2)), flat.view(2, CLASSES, 5, 2, 2))


def test_windows_of_one_and_three_dimensions(decoder, h):
    line = decoder(h, Role.WEIGHT, (3, 2, 1, 5))
    assert_close(decoder(h, Role.WEIGHT, (3, 2, 5)), line[:, :, :, 0])
    flat = decoder(h, Role.WEIGHT, (3, 2, 4, 3))
    assert_close(decoder(h, Role.WEIGHT, (3, 2, 2, 2, 3)), flat.view(2, 3, 2, 2, 2, 3))


def test_tables_are_matrices_and_scales_of_images_are_vectors(decoder, h):
    rows = decoder(h, Role.WEIGHT, (9, 6))
    assert_close(decoder(h, Role.TABLE, (1, 9, 6)), rows[:, None])
    assert_close(decoder(h, Role.TABLE, (3, 3, 6)), rows.view(2, 3, 3, 6))
    scale = decoder(h, Role.SCALE, (12,))
    assert_close(decoder(h, Role.SCALE, (1, 3, 2, 2)), scale.view(2, 1, 3, 2, 2))
    assert_close(decoder(h, Role.BIAS, ()), decoder(h, Role.BIAS, (1,))[:, 0])


@pytest.mark.parametrize("role", Role)
def test_every_role_and_shape(decoder, h, role):
    for shape in SHAPES:
        found = decoder(h, role, shape)
        assert found.shape == (2, *shape)
        assert bool(found.isfinite().all())


@pytest.mark.parametrize("role", Role)
def test_a_parameter_is_the_repetition_of_its_part(decoder, h, role):
    for shape in SHAPES:
        part = unrepeated(role, shape, CHANNELS)
        assert math.prod(part) <= math.prod(shape)
        assert torch.equal(tile(decoder(h, role, part), shape), decoder(h, role, shape))


def test_raw_weights_of_a_fresh_decoder_vary_as_the_gain_of_the_last_layer_says():
    torch.manual_seed(0)
    decoder = TileDecoder(32, 64, 7, 10)
    h = F.layer_norm(torch.randn(64, 32), (32,))
    variance = decoder(h, Role.WEIGHT, (64, 64, 3, 3)).var().item()
    assert 0.5 < variance / FINAL_GAIN**2 < 5
