from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from hypernets.decoders.chunk import ChunkDecoder
from hypernets.decoders.class_head import FINAL_GAIN
from hypernets.decoders.matrix_decoder import unrepeated
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

SIDE = 4


@pytest.fixture
def decoder() -> ChunkDecoder:
    torch.manual_seed(0)
    return ChunkDecoder(HIDDEN, CHANNELS, KERNEL, CLASSES, side=SIDE)


def one_chunk(
    decoder: ChunkDecoder, h: torch.Tensor, row: int, column: int, tap: tuple[int, int, int]
) -> torch.Tensor:
    """The generator, for one chunk of one layer's weight: (D,) -> (side, side)."""
    x = decoder.state(h) + decoder.role[0] + decoder.rows[row] + decoder.columns[column]
    for axis, place in enumerate(tap):
        x = x + decoder.taps[axis, place]
    chunk: torch.Tensor = decoder.chunk(F.relu(decoder.mix(F.relu(x))))
    return chunk.view(SIDE, SIDE)


def test_weights_are_chunks_side_by_side(decoder: ChunkDecoder) -> None:
    h = states(2)
    weight = decoder(h, Role.WEIGHT, (10, 7, 3, 5))
    for layer, y, x in ((0, 0, 0), (1, 2, 1), (1, 1, 4)):
        rows = [
            torch.cat([one_chunk(decoder, h[layer], r, c, (2, y + 1, x)) for c in range(2)], 1)
            for r in range(3)
        ]
        assert_close(weight[layer, :, :, y, x], torch.cat(rows)[:10, :7])


def test_chunks_repeat_after_the_widest(decoder: ChunkDecoder) -> None:
    wide = decoder(states(), Role.WEIGHT, (30, 26, 3, 3))
    square = decoder(states(), Role.WEIGHT, (CHANNELS, CHANNELS, 3, 3))
    assert_close(wide, square.repeat(1, 3, 3, 1, 1)[:, :30, :26])


@pytest.mark.parametrize("role", Role)
def test_wide_parameters_repeat_narrow_ones(decoder: ChunkDecoder, role: Role) -> None:
    for shape in SHAPES:
        part = decoder(states(), role, unrepeated(role, shape, CHANNELS))
        assert_close(decoder(states(), role, shape), tile(part, shape), rtol=1e-4, atol=1e-5)


def test_small_windows_are_the_centre_of_large_ones(decoder: ChunkDecoder) -> None:
    large = decoder(states(), Role.WEIGHT, (5, 6, KERNEL, KERNEL))
    assert_close(decoder(states(), Role.WEIGHT, (5, 6, 3, 3)), large[..., 1:4, 1:4])
    assert_close(decoder(states(), Role.WEIGHT, (5, 6)), large[..., 2, 2])


def test_heads_are_features_times_class_vectors(decoder: ChunkDecoder) -> None:
    head = decoder(states(), Role.CLASS_WEIGHT, (CLASSES, 20))
    change = torch.tensor([2.0, 0.0, -1.0])
    with torch.no_grad():
        decoder.class_vectors.mul_(change)
    scaled = decoder(states(), Role.CLASS_WEIGHT, (CLASSES, 20))
    assert_close(scaled, head * change[:, None])
    more = decoder(states(), Role.CLASS_WEIGHT, (CLASSES + 4, 20))
    assert_close(more[:, :CLASSES], scaled)


@pytest.mark.parametrize("role", Role)
def test_any_role_and_shape(decoder: ChunkDecoder, role: Role) -> None:
    h = states()
    for shape in SHAPES:
        values = decoder(h, role, shape)
        assert values.shape == (4, *shape)
        assert values.isfinite().all()
        assert_close(decoder(h[1:2], role, shape), values[1:2], rtol=1e-4, atol=1e-5)


def test_all_parameters_learn(decoder: ChunkDecoder) -> None:
    h = states().requires_grad_()
    loss = decoder(h, Role.CLASS_WEIGHT, (CLASSES, 9)).square().sum()
    for role in set(Role) - {Role.CLASS_WEIGHT}:
        loss = loss + decoder(h, role, (CHANNELS, CHANNELS, 5, 5, 5)).square().sum()
    grads = torch.autograd.grad(loss, [h, *decoder.parameters()])
    assert all(grad.abs().sum() > 0 for grad in grads)


def test_raw_weights_of_a_fresh_decoder_vary_as_the_gain_of_the_last_layer_says() -> None:
    torch.manual_seed(0)
    decoder = ChunkDecoder(32, 64, 7, 10)
    for role, shape in ((Role.WEIGHT, (64, 64, 3, 3)), (Role.CLASS_WEIGHT, (10, 64))):
        variance = decoder(states(64, 32), role, shape).var().item()
        assert 0.5 < variance / FINAL_GAIN**2 < 2
