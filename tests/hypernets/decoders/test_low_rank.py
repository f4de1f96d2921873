from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from hypernets.decoders.low_rank import LowRankDecoder
from nas.graph.op import Role
from tests.hypernets.decoders.decoder_cases import (
    CHANNELS,
    CLASSES,
    HIDDEN,
    KERNEL,
    SHAPES,
    states,
)

RANK = 3


@pytest.fixture
def decoder() -> LowRankDecoder:
    torch.manual_seed(0)
    decoder = LowRankDecoder(HIDDEN, RANK, CHANNELS, KERNEL, CLASSES)
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return decoder


def whole(decoder, h):
    """A B of all channels and taps: (P, C, C, S, S)."""
    left, right = decoder.factors(h).view(len(h), 2, RANK, RANK).unbind(1)
    spread, bias = decoder.spread.flatten(0, 1), decoder.spread_bias.flatten()
    a, b = ((x @ spread.T + bias).view(-1, RANK, CHANNELS, KERNEL) for x in (left, right))
    return torch.einsum("prox,priy->poixy", a, b)


def test_weights_are_a_product_cut_to_the_shape(decoder) -> None:
    h = states()
    for shape, taps in (((12, 12, 5, 5), slice(None)), ((9, 4, 3, 3), slice(1, 4))):
        found = decoder(h, Role.WEIGHT, shape)
        assert_close(found, whole(decoder, h)[:, : shape[0], : shape[1], taps, taps])
    assert_close(decoder(h, Role.WEIGHT, (7, 3)), whole(decoder, h)[:, :7, :3, 2, 2])


def test_long_and_one_dimensional_windows(decoder) -> None:
    full = whole(decoder, states())
    assert_close(decoder(states(), Role.WEIGHT, (4, 4, 5)), full[:, :4, :4, 2])
    assert_close(decoder(states(), Role.WEIGHT, (4, 4, 5, 1)), full[:, :4, :4, :, 2:3])


def test_rank_is_that_of_the_factors(decoder) -> None:
    weight = decoder(states(1), Role.WEIGHT, (12, 11, 3, 3))[0].transpose(1, 2).reshape(36, 33)
    assert int(torch.linalg.matrix_rank(weight, rtol=1e-4)) == RANK


def test_no_repetition_up_to_the_widest_and_repetition_beyond(decoder) -> None:
    h = states()
    square = decoder(h, Role.WEIGHT, (12, 12))
    assert not torch.allclose(square[:, :6], square[:, 6:])
    assert_close(decoder(h, Role.WEIGHT, (30, 26)), square.repeat(1, 3, 3)[:, :30, :26])


def test_large_windows_are_interpolated(decoder) -> None:
    h = states()
    middle = whole(decoder, h)[:, 1, 2, :, 2]  # (P, S)
    expected = F.interpolate(middle[:, None], 10, mode="linear")[:, 0]
    assert_close(decoder(h, Role.WEIGHT, (3, 3, 10, 1))[:, 1, 2, :, 0], expected)


def test_heads_are_features_times_class_vectors(decoder) -> None:
    h = states()
    left = decoder.factors(h).view(len(h), 2, RANK, RANK)[:, 0]
    middle = KERNEL // 2
    features = left @ decoder.spread[:, middle].T + decoder.spread_bias[:, middle]  # (P, r, C)
    scores = RANK**0.25 * (decoder.class_vectors.T @ features)  # (P, classes, C)
    assert_close(decoder(h, Role.CLASS_WEIGHT, (3, 9)), scores[..., :9])
    assert_close(decoder(h, Role.CLASS_WEIGHT, (2, 24)), scores[:, :2].repeat(1, 1, 2))
    expected = decoder.class_bias(h) @ decoder.class_vectors
    assert_close(decoder(h, Role.CLASS_BIAS, (3,)), expected)


def test_heads_of_more_classes_keep_the_trained_rows(decoder) -> None:
    few, many = (decoder(states(), Role.CLASS_WEIGHT, (n, 9)) for n in (CLASSES, 11))
    assert_close(many[:, :CLASSES], few)
    assert many.shape == (4, 11, 9)
    assert not torch.allclose(many[:, 3], many[:, 4])


@pytest.mark.parametrize("role", Role)
def test_every_role_and_shape(decoder, role) -> None:
    for shape in SHAPES:
        found = decoder(states(), role, shape)
        assert found.shape == (4, *shape)
        assert bool(found.isfinite().all())
        alone = torch.cat([decoder(h[None], role, shape) for h in states()])
        assert_close(found, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("role", [Role.WEIGHT, Role.TABLE, Role.CLASS_WEIGHT])
def test_raw_values_of_a_fresh_decoder_have_unit_variance(role) -> None:
    torch.manual_seed(0)
    decoder = LowRankDecoder(64, 32, 256, 7, 10)
    h = F.layer_norm(torch.randn(16, 64), (64,))
    assert 0.3 < decoder(h, role, (10, 128)).var().item() < 3


def test_the_cost_of_decoding_follows_the_shape(decoder) -> None:
    """Unneeded channels and taps get no gradient."""
    decoder(states(), Role.WEIGHT, (4, 2, 3, 3)).square().sum().backward()
    used = decoder.spread.grad.abs().sum(-1) > 0
    assert used.nonzero().amax(0).tolist() == [3, 3]
    assert used.sum() == 4 * 3
