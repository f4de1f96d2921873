from __future__ import annotations

import math

import pytest
import torch
from torch.testing import assert_close

from hypernets.decoders.class_head import FINAL_GAIN
from hypernets.decoders.coordinate import CoordinateDecoder
from nas.graph.op import Role
from tests.hypernets.decoders.decoder_cases import CLASSES, HIDDEN, SHAPES, states


@pytest.fixture
def decoder() -> CoordinateDecoder:
    torch.manual_seed(0)
    return CoordinateDecoder(HIDDEN, CLASSES, rank=16)


def features(index: int, size: int) -> torch.Tensor:
    """Sines, then cosines, of an index among ``size`` and of the size."""
    angles = [math.pi * 1.9**k * (index + 0.5) / size for k in range(12)]
    angles += [2 * math.pi / 2.5**k * math.log2(size) for k in range(1, 7)]
    return torch.tensor([f(a) * math.sqrt(2) for f in (math.sin, math.cos) for a in angles])


def element(
    decoder: CoordinateDecoder, h: torch.Tensor, at: tuple[int, ...], sizes: tuple[int, ...]
) -> torch.Tensor:
    """The coordinate network at one place of one layer's weight: sum of v sin(phases)."""
    h = h + decoder.role[0]
    phase = torch.zeros(16)
    for axis, index, size in zip(decoder.axes, at, sizes, strict=True):
        phase = phase + axis(h[None], features(index, size)[None])[0, 0]
    value: torch.Tensor = (decoder.amplitude(h) * phase.sin()).sum()
    return value


def test_each_element_is_a_function_of_its_coordinates(decoder: CoordinateDecoder) -> None:
    h, shape = states(2), (5, 3, 2, 4, 3)
    weight = decoder(h, Role.WEIGHT, shape)
    for layer, at in ((0, (0, 0, 0, 0, 0)), (1, (4, 2, 1, 3, 2)), (1, (2, 1, 0, 3, 1))):
        found = weight[(layer, *at)]
        assert_close(found, element(decoder, h[layer], at, shape), rtol=1e-3, atol=1e-4)


def test_windows_of_fewer_axes_are_flat_ones(decoder: CoordinateDecoder) -> None:
    flat = decoder(states(), Role.WEIGHT, (6, 5, 1, 1, 3))
    assert_close(decoder(states(), Role.WEIGHT, (6, 5, 3)), flat[:, :, :, 0, 0])


def test_wide_layers_do_not_repeat() -> None:
    torch.manual_seed(0)
    (weight,) = CoordinateDecoder(32, 10)(states(1, 32), Role.WEIGHT, (300, 300))
    correlation = torch.corrcoef(weight.detach()) - torch.eye(300)
    assert correlation.abs().max() < 0.999
    assert torch.linalg.matrix_rank(weight) > 150


def test_heads_are_functions_of_class_vectors(decoder: CoordinateDecoder) -> None:
    head = decoder(states(), Role.CLASS_WEIGHT, (CLASSES, 20))
    with torch.no_grad():
        decoder.class_vectors.copy_(decoder.class_vectors[:, [2, 0, 1]])
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


def test_large_layers_take_little_memory() -> None:
    """512 x 512 x 3 x 3: nothing kept for the gradient is larger than a few times the weight."""
    torch.manual_seed(0)
    decoder, kept = CoordinateDecoder(32, 10), []

    def keep(x: torch.Tensor) -> torch.Tensor:
        kept.append(x.numel())
        return x

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        weight = decoder(states(1, 32), Role.WEIGHT, (512, 512, 3, 3))
    assert sum(kept) < 3 * weight.numel()


def test_raw_weights_of_a_fresh_decoder_vary_as_the_gain_of_the_last_layer_says() -> None:
    torch.manual_seed(0)
    decoder = CoordinateDecoder(32, 10)
    for role, shape in ((Role.WEIGHT, (64, 64, 3, 3)), (Role.CLASS_WEIGHT, (10, 64))):
        variance = decoder(states(64, 32), role, shape).var().item()
        assert 0.5 < variance / FINAL_GAIN**2 < 2
