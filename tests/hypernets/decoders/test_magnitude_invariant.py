from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from hypernets.decoders.chunk import ChunkDecoder
from hypernets.decoders.class_head import FINAL_GAIN
from hypernets.decoders.coordinate import CoordinateDecoder
from hypernets.decoders.magnitude_invariant import SHARE, MagnitudeInvariant, constant_length
from hypernets.decoders.matrix_decoder import unrepeated
from hypernets.decoders.tile import TileDecoder
from hypernets.decoders.tiling import tile
from nas.graph.op import Role
from tests.hypernets.decoders.decoder_cases import (
    CHANNELS,
    CLASSES,
    HIDDEN,
    KERNEL,
    SHAPES,
    states,
)

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape

SIZES = (HIDDEN, CHANNELS, KERNEL, CLASSES)


def make_decoder(name: str, *sizes: int) -> nn.Module:
    torch.manual_seed(0)
    decoders = {"chunk": ChunkDecoder, "coordinate": CoordinateDecoder, "tile": TileDecoder}
    return decoders[name](*(sizes or SIZES))


def wrapped(name: str = "chunk") -> MagnitudeInvariant:
    return MagnitudeInvariant(make_decoder(name), *SIZES)


def silent(decoder: MagnitudeInvariant) -> MagnitudeInvariant:
    """With an inner decoder that predicts zero, so that the base is seen."""
    for parameter in decoder.decoder.parameters():
        nn.init.zeros_(parameter)
    return decoder


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_encoded_states_have_one_length(scale: float) -> None:
    encoded = constant_length(scale * states(50))
    assert encoded.shape == (50, 2 * HIDDEN)
    assert_close(encoded.norm(dim=1), torch.full((50,), HIDDEN**0.5))


def test_decoders_keep_normal_states_normal() -> None:
    torch.manual_seed(0)
    decoder = MagnitudeInvariant(nn.Identity(), 64, 1, 1, 1)
    heard = decoder.linear(constant_length(torch.randn(2000, 64)))
    assert abs(heard.mean().item()) < 0.05
    assert 0.8 < heard.var().item() < 1.25


def deviation(values: Tensor) -> float:
    """How far predictions differ from layer to layer."""
    return values.std(0).mean().item()


@pytest.mark.parametrize("name", ["tile", "chunk"])
def test_predictions_do_not_grow_with_the_states(name: str) -> None:
    shape, h = (CHANNELS, CHANNELS, 3, 3), states(64)
    plain, invariant = make_decoder(name), wrapped(name)
    for decoder, low, high in ((plain, 100, 10000), (invariant, 0.5, 2.5)):
        small, large = (decoder(scale * h, Role.WEIGHT, shape) for scale in (1, 1000))
        assert low < deviation(large) / deviation(small) < high


@pytest.mark.parametrize("name", ["tile", "chunk", "coordinate"])
def test_predictions_are_added_to_the_base(name: str) -> None:
    shape, decoder = (CHANNELS + 3, 5, 3, 3), wrapped(name)
    heard = decoder.linear(constant_length(states()))
    predicted = decoder.decoder(heard, Role.WEIGHT, shape)
    sums = decoder(states(), Role.WEIGHT, shape)
    base = sums - predicted * 0.5**0.5
    assert_close(base, base[:1].expand_as(base), rtol=1e-4, atol=1e-4)
    assert_close(base[0], silent(decoder)(states(), Role.WEIGHT, shape)[0])


def test_the_base_of_a_weight_is_a_tile() -> None:
    decoder = silent(wrapped())
    (whole, *_) = decoder(states(), Role.WEIGHT, (CHANNELS, CHANNELS, KERNEL, KERNEL))
    assert torch.equal(whole, decoder.weight)
    (cut, *_) = decoder(states(), Role.WEIGHT, (30, 7, 3, 9))
    assert torch.equal(cut, whole.repeat(3, 1, 1, 2)[:30, :7, 1:4, :9])
    assert decoder(states(), Role.SCALE, (30,)).abs().max() == 0


@pytest.mark.parametrize("name", ["chunk", "coordinate"])
@pytest.mark.parametrize("role", Role)
def test_any_role_and_shape(name: str, role: Role) -> None:
    decoder, h = wrapped(name), states()
    for shape in SHAPES:
        values = decoder(h, role, shape)
        assert values.shape == (4, *shape)
        assert values.isfinite().all()
        assert_close(decoder(h[1:2], role, shape), values[1:2], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("role", Role)
def test_wide_parameters_repeat_narrow_ones(role: Role) -> None:
    """Where those of the inner decoder do."""
    decoder = wrapped("chunk")
    for shape in SHAPES:
        part = decoder(states(), role, unrepeated(role, shape, CHANNELS))
        assert_close(decoder(states(), role, shape), tile(part, shape), rtol=1e-4, atol=1e-5)


def test_all_parameters_learn() -> None:
    decoder, h = wrapped(), states().requires_grad_()
    cases: list[tuple[Role, Shape]] = [
        (Role.WEIGHT, (CHANNELS, CHANNELS, 5, 5, 5)),
        (Role.TABLE, (CHANNELS, CHANNELS)),
        (Role.BIAS, (9,)),
        (Role.CLASS_WEIGHT, (CLASSES, 9)),
        (Role.CLASS_BIAS, (CLASSES,)),
    ]
    values = [decoder(h, role, shape) for role, shape in cases]
    loss = torch.stack([(value + 1).square().sum() for value in values]).sum()
    grads = torch.autograd.grad(loss, [h, *decoder.parameters()])
    assert all(grad.abs().sum() > 0 for grad in grads)


@pytest.mark.parametrize("name", ["chunk", "coordinate"])
@pytest.mark.parametrize(
    ("role", "shape"),
    [(Role.WEIGHT, (64, 64, 3, 3)), (Role.CLASS_WEIGHT, (10, 64)), (Role.TABLE, (49, 64))],
)
def test_raw_weights_of_a_fresh_decoder_vary_as_their_summands_do(
    name: str, role: Role, shape: Shape
) -> None:
    torch.manual_seed(0)
    inner = make_decoder(name, 32, 64, 7, 10)
    decoder = MagnitudeInvariant(inner, 32, 64, 7, 10)
    variance = decoder(states(64, 32), role, shape).var().item()
    assert 0.5 < variance / (SHARE**2 * (1 + FINAL_GAIN**2)) < 2
