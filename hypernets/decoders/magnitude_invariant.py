"""A decoder whose output does not grow with its input."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hypernets.decoders.class_head import extend_class_vectors
from hypernets.decoders.parameter_axes import five_axes
from hypernets.decoders.tiling import tile
from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape

MEAN = 2 / math.pi
"""Standard deviation of the encoded values of normal states."""

VARIANCE = 1 / 2 - MEAN**2

SHARE = math.sqrt(0.5)
"""Standard deviation of independently learned parameters, and factor of decoded ones."""


class MagnitudeInvariant(nn.Module):
    """Learned parameters plus the output of a decoder for states of constant length.

    The output of an ordinary hypernetwork grows in proportion to its input, which makes its
    gradients uneven. Here (Ortiz, Guttag, Dalca 2024, Magnitude Invariant Parametrizations) a
    state is first mapped to angles of equal length, E(h) = (cos, sin)(pi/2 F(h)), F the normal
    distribution function, and the decoded values are added to parameters learned independently:
    raw = base + decoder(linear(E(h))). Bases are a tile for weights and one for tables, cut or
    repeated to the shape, vectors, and a head of features x D times class vectors.

    Args:
        decoder: Any decoder of node states.
        hidden: Size of a node state, D.
        max_channels: Channels of the learned tiles.
        max_kernel: Largest window of the learned tile.
        classes: Number of learned class vectors.
    """

    def __init__(
        self, decoder: nn.Module, hidden: int, max_channels: int, max_kernel: int, classes: int
    ) -> None:
        super().__init__()
        self.decoder = decoder
        self.linear = nn.Linear(2 * hidden, hidden)
        self.max_kernel = max_kernel
        square = (max_channels, max_channels)
        self.weight = nn.Parameter(SHARE * torch.randn(*square, max_kernel, max_kernel))
        self.table = nn.Parameter(SHARE * torch.randn(*square))
        self.vectors = nn.Parameter(torch.zeros(len(Role), max_channels))
        self.head = nn.Parameter(SHARE * torch.randn(4 * max_channels, hidden))
        self.head_bias = nn.Parameter(torch.zeros(1, hidden))
        self.class_vectors = nn.Parameter(torch.randn(hidden, classes) / math.sqrt(hidden))
        nn.init.normal_(self.linear.weight, std=math.sqrt(1 / (2 * hidden * VARIANCE)))
        with torch.no_grad():
            self.linear.bias.copy_(-MEAN * self.linear.weight.sum(1))

    def forward(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        """Raw parameters of one role and shape: (P, D) -> (P, *shape)."""
        decoded: Tensor = self.decoder(self.linear(constant_length(h)), role, shape)
        return self._base(role, shape) + SHARE * decoded

    def _base(self, role: Role, shape: Shape) -> Tensor:
        """The parameters learned independently of any state: (*shape,)."""
        if role in (Role.CLASS_WEIGHT, Role.CLASS_BIAS):
            vectors = extend_class_vectors(self.class_vectors, math.prod(shape[:1]))
            head = self.head_bias if role is Role.CLASS_BIAS else self.head
            features = tile(head[None], (math.prod(shape[1:]), len(vectors)))[0]
            return (features @ vectors).mT.reshape(shape)
        axes = five_axes(role, shape)
        return tile(self._part(role, axes)[None], axes)[0].reshape(shape)

    def _part(self, role: Role, axes: tuple[int, int, int, int, int]) -> Tensor:
        """The tile repeated over a parameter: (out, in, 1, height, width)."""
        if role is Role.WEIGHT:
            rows, columns = (_centre(self.max_kernel, size) for size in axes[3:])
            return self.weight[:, :, None, rows, columns]
        if role in (Role.TABLE, Role.ATTENTION, Role.STACKED):
            return self.table[:, :, None, None, None]
        return self.vectors[tuple(Role).index(role), :, None, None, None, None]


def _centre(have: int, size: int) -> slice:
    start = max(0, have - size) // 2
    return slice(start, start + min(size, have))


def constant_length(h: Tensor) -> Tensor:
    """Angles of states as cosines and sines: (..., D) -> (..., 2D), of length sqrt(D)."""
    angles = math.pi / 2 * torch.special.ndtr(h)
    return torch.cat([angles.cos(), angles.sin()], -1)
