"""The decoder whose values are a function of an element's coordinates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hypernets.decoders.class_head import FINAL_GAIN, extend_class_vectors
from hypernets.decoders.decoder import DECODERS, Decoder
from hypernets.decoders.parameter_axes import five_axes
from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape

POSITION_RATES = math.pi * 1.9 ** torch.arange(12)
"""Angles per axis length; the last distinguishes neighbours among a thousand channels."""

SIZE_RATES = 2 * math.pi / 2.5 ** torch.arange(1, 7)
"""Angles per doubling of an axis."""

FEATURES = 2 * (len(POSITION_RATES) + len(SIZE_RATES))


@DECODERS.register("coordinate")
class CoordinateDecoder(Decoder):
    """Node states to parameters of one shape, element by element from its coordinates.

    The value at (out, in, depth, height, width) is the sum over r of v_r(h) sin(phase_r), where
    the phase is a sum of networks, one for each axis, of sines and cosines of the relative index
    and of the size of the axis, and of the layer's state h (after Yang et al. 2024, Neural
    Metamorphosis). Any shape is decoded without cutting or repeating.

    As sin(a + b) = sin a cos b + cos a sin b, the sum over r is a matrix product of
    out x 2 rank and 2 rank x (in * taps); no hidden layer of all elements is formed. Class heads
    have the learned vectors of classes in place of the coordinate ``out``.

    Args:
        hidden: Size of a node state, D.
        classes: Number of learned class vectors.
        rank: Number of waves; a weight matrix has at most rank 2 ``rank``.
    """

    def __init__(self, hidden: int, classes: int, *, rank: int = 128) -> None:
        super().__init__()
        spreads = (16.0, 16.0, 4.0, 4.0, 4.0)
        self.axes = nn.ModuleList(_Axis(hidden, FEATURES, rank, spread) for spread in spreads)
        self.class_axis = _Axis(hidden, hidden, rank, 16.0)
        self.amplitude = nn.Linear(hidden, rank)
        self.role = nn.Parameter(torch.randn(len(Role), hidden) * math.sqrt(0.5))
        self.class_vectors = nn.Parameter(torch.randn(hidden, classes) / math.sqrt(hidden))
        start = FINAL_GAIN * math.sqrt(2 / (1.5 * hidden * rank))
        nn.init.normal_(self.amplitude.weight, std=start)
        nn.init.zeros_(self.amplitude.bias)

    def forward(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        """Raw parameters of one role and shape: (P, D) -> (P, *shape)."""
        h = h + self.role[tuple(Role).index(role)]
        if role in (Role.CLASS_WEIGHT, Role.CLASS_BIAS):
            sizes = (1, math.prod(shape[1:]), 1, 1, 1)
            vectors = extend_class_vectors(self.class_vectors, math.prod(shape[:1]))
            rows = self.class_axis(h, vectors.mT * math.sqrt(len(vectors)))
        else:
            sizes = five_axes(role, shape)
            rows = self.axes[0](h, _coordinates(sizes[0], h.device))
        values: Tensor = self._waves(h, rows, self._columns(h, sizes[1:]))
        return values.view(len(h), *shape)

    def _columns(self, h: Tensor, sizes: tuple[int, ...]) -> Tensor:
        """Phases of all axes but the first: (P, D) -> (P, in * taps, rank)."""
        pairs = zip(list(self.axes)[1:], sizes, strict=True)
        channels, *window = (axis(h, _coordinates(size, h.device)) for axis, size in pairs)
        taps = (window[0][:, :, None, None] + window[1][:, None, :, None]).flatten(1, 2)
        taps = (taps + window[2][:, None]).flatten(1, 2)  # (P, taps, rank)
        columns: Tensor = (channels[:, :, None] + taps[:, None]).flatten(1, 2)
        return columns

    def _waves(self, h: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Sum of v sin(row + column): phases (P, out, rank), (P, in * taps, rank)."""
        amplitude = self.amplitude(h)[:, None]  # (P, 1, rank)
        left = torch.cat([amplitude * rows.sin(), amplitude * rows.cos()], -1)
        right = torch.cat([columns.cos(), columns.sin()], -1)
        return left @ right.mT  # (P, out, in * taps)


class _Axis(nn.Module):
    """Phases along one axis from features of its positions: (P, D), (n, F) -> (P, n, rank)."""

    def __init__(self, hidden: int, features: int, rank: int, spread: float) -> None:
        super().__init__()
        wide = 4 * hidden
        self.place = nn.Linear(features, wide)
        self.state = nn.Linear(hidden, wide, bias=False)
        self.phase = nn.Linear(wide, rank)
        nn.init.normal_(self.place.weight, std=math.sqrt(1 / features))
        nn.init.normal_(self.state.weight, std=math.sqrt(1 / (1.5 * hidden)))
        nn.init.normal_(self.phase.weight, std=math.sqrt(spread / wide))
        nn.init.zeros_(self.place.bias)
        nn.init.uniform_(self.phase.bias, -math.pi, math.pi)

    def forward(self, h: Tensor, places: Tensor) -> Tensor:
        phases: Tensor = self.phase(F.relu(self.state(h)[:, None] + self.place(places)))
        return phases


def _coordinates(size: int, device: torch.device) -> Tensor:
    """Sines and cosines of relative indices and of the size, of unit mean square: (size, 36)."""
    index = (torch.arange(size, device=device) + 0.5) / size
    octaves = torch.full_like(index, math.log2(size))
    angles = torch.cat(
        [
            index[:, None] * POSITION_RATES.to(device),
            octaves[:, None] * SIZE_RATES.to(device),
        ],
        1,
    )
    return math.sqrt(2) * torch.cat([angles.sin(), angles.cos()], 1)
