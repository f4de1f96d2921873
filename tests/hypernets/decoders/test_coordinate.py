from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from hypernets.decoders.coordinate import CoordinateDecoder
from nas.graph.op import Role
from tests.hypernets.decoders.decoder_cases import CLASSES, HIDDEN, SHAPES, states

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape

SIDE = 12


@pytest.fixture
def decoder() -> CoordinateDecoder:
    torch.manual_seed(0)
    return CoordinateDecoder(HIDDEN, SIDE, 5, CLASSES)


def test_an_element_is_the_mean_over_its_cell(decoder: CoordinateDecoder) -> None:
    whole = decoder(states(), Role.WEIGHT, (SIDE, SIDE, 3, 3))
    means = whole.unflatten(2, (3, 4)).mean(3).unflatten(1, (6, 2)).mean(2)  # (P, 6, 3, 3, 3)
    gain = math.sqrt(2 * 4)  # of the standard deviation, if the values of the grid are independent
    assert_close(decoder(states(), Role.WEIGHT, (6, 3, 3, 3)), gain * means)


def test_a_wider_layer_is_interpolated(decoder: CoordinateDecoder) -> None:
    whole = decoder(states(), Role.BIAS, (SIDE,))
    expected = F.interpolate(whole[:, None], 3 * SIDE, mode="linear")[:, 0]
    assert_close(decoder(states(), Role.BIAS, (3 * SIDE,)), expected)


def test_windows_of_fewer_axes_are_flat_ones(decoder: CoordinateDecoder) -> None:
    flat = decoder(states(), Role.WEIGHT, (6, 5, 1, 1, 3))
    assert_close(decoder(states(), Role.WEIGHT, (6, 5, 3)), flat[:, :, :, 0, 0])


def test_heads_are_functions_of_class_vectors(decoder: CoordinateDecoder) -> None:
    head = decoder(states(), Role.CLASS_WEIGHT, (CLASSES, 20))
    with torch.no_grad():
        decoder.whole.class_vectors.copy_(decoder.whole.class_vectors[:, [2, 0, 1]])
    assert_close(decoder(states(), Role.CLASS_WEIGHT, (CLASSES, 20)), head[:, [2, 0, 1]])
    more = decoder(states(), Role.CLASS_WEIGHT, (CLASSES + 4, 20))
    assert_close(more[:, :CLASSES], head[:, [2, 0, 1]])


@pytest.mark.parametrize("role", Role)
def test_any_role_and_shape(decoder: CoordinateDecoder, role: Role) -> None:
    h = states()
    for shape in SHAPES:
        values = decoder(h, role, shape)
        assert values.shape == (4, *shape)
        assert values.isfinite().all()
        assert_close(decoder(h[1:2], role, shape), values[1:2], rtol=1e-4, atol=1e-4)


def test_all_parameters_learn(decoder: CoordinateDecoder) -> None:
    h = states().requires_grad_()
    loss = decoder(h, Role.CLASS_WEIGHT, (CLASSES, 9)).square().sum()
    for role in set(Role) - {Role.CLASS_WEIGHT}:
        loss = loss + decoder(h, role, (6, 5, 3, 3, 3)).square().sum()
    grads = torch.autograd.grad(loss, [h, *decoder.parameters()])
    assert all(grad.abs().sum() > 0 for grad in grads)


@pytest.mark.parametrize(
    ("role", "narrow", "wide"),
    [
        (Role.WEIGHT, (12, 12, 3, 3), (48, 48, 3, 3)),
        (Role.CLASS_WEIGHT, (10, 24), (10, 192)),
    ],
)
def test_raw_weights_of_narrow_and_wide_layers_vary_alike(
    role: Role, narrow: Shape, wide: Shape
) -> None:
    torch.manual_seed(0)
    decoder = CoordinateDecoder(32, 48, 3, 10)
    one, other = (decoder(states(64, 32), role, shape).var().item() for shape in (narrow, wide))
    assert 0.7 < one / other < 1.4
