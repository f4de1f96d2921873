"""Scales against Knyazev et al. 2021, §3.1, and against what He et al. 2015 want of a layer."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from hypernets.decoders.fan_in import scale_by_fan_in
from nas.graph.op import Role


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("role", "shape", "variance"),
    [
        (Role.WEIGHT, (64, 16, 3, 3), 2 / 144),
        (Role.WEIGHT, (64, 16, 1, 7), 2 / 112),
        (Role.WEIGHT, (96, 1, 5, 5), 2 / 25),
        (Role.WEIGHT, (64, 128), 2 / 128),
        (Role.WEIGHT, (64, 32, 5), 2 / 160),
        (Role.WEIGHT, (32, 8, 3, 3, 3), 2 / 216),
        (Role.CLASS_WEIGHT, (10, 256), 1 / 256),
        (Role.CLASS_WEIGHT, (10, 64, 2, 2), 1 / 256),
        (Role.TABLE, (1, 196, 64), 0.02**2),
        (Role.TABLE, (1000,), 0.02**2),
    ],
)
def test_variance_of_weights(role, shape, variance):
    scaled = scale_by_fan_in(normal(4, *shape), role, shape)
    assert scaled.var().item() == pytest.approx(variance, rel=0.1)


def test_the_part_of_a_weight_that_repeats_is_scaled_like_all_of_it():
    part = normal(2, 8, 4, 3, 3)
    whole = scale_by_fan_in(part.repeat(1, 2, 5, 1, 1), Role.WEIGHT, (16, 20, 3, 3))
    scaled = scale_by_fan_in(part, Role.WEIGHT, (16, 20, 3, 3))
    assert_close(scaled.repeat(1, 2, 5, 1, 1), whole)


@pytest.mark.parametrize("role", list(Role))
def test_a_single_number_is_scaled_too(role):
    assert bool(scale_by_fan_in(torch.tensor([-3.0, 3.0]), role, ()).abs().le(6).all())


def test_weights_agree_with_kaiming_initialisation():
    expected = torch.nn.init.kaiming_normal_(torch.empty(128, 32, 3, 3)).std().item()
    found = scale_by_fan_in(normal(1, 128, 32, 3, 3), Role.WEIGHT, (128, 32, 3, 3)).std().item()
    assert found == pytest.approx(expected, rel=0.02)


def test_relu_layers_keep_the_size_of_signals():
    x = normal(256, 64)
    for depth in range(10):
        raw = torch.randn(1, 64, 64, generator=torch.Generator().manual_seed(depth))
        x = F.relu(F.linear(x, scale_by_fan_in(raw, Role.WEIGHT, (64, 64))[0]))
    assert 0.2 < x.square().mean().item() < 5


@pytest.mark.parametrize(
    ("role", "function"),
    [
        (Role.SCALE, lambda x: 2 / (1 + math.exp(-x / 2))),
        (Role.SHIFT, lambda x: math.tanh(x / 5)),
        (Role.BIAS, lambda x: math.tanh(x / 5)),
        (Role.CLASS_BIAS, lambda x: math.tanh(x / 5)),
    ],
)
def test_scales_and_biases(role, function):
    raw = torch.tensor([[-3.0, 0.0, 0.5, 4.0]])
    expected = torch.tensor([[function(x) for x in raw[0].tolist()]])
    assert_close(scale_by_fan_in(raw, role, (4,)), expected)


@pytest.mark.parametrize(
    ("role", "low", "high"), [(Role.SCALE, 0, 2), (Role.SHIFT, -1, 1), (Role.BIAS, -1, 1)]
)
def test_large_values_stay_in_range(role, low, high):
    scaled = scale_by_fan_in(torch.tensor([[-1e4, 1e4]]), role, (2,))
    assert scaled.tolist() == [[low, high]]


@pytest.mark.parametrize("role", list(Role))
def test_results_can_be_put_into_memory_that_is_there(role) -> None:
    raw, out = normal(2, 4, 8, 3).mT, torch.empty(2, 4, 3, 8)
    assert scale_by_fan_in(raw, role, (4, 3, 8), out) is out
    assert torch.equal(out, scale_by_fan_in(raw, role, (4, 3, 8)))
