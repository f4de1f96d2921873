"""The decoder of LoGAH: weights as products of two thin matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hypernets.decoders.class_head import extend_class_vectors
from hypernets.decoders.decoder import DECODERS
from hypernets.decoders.matrix_decoder import MatrixDecoder
from hypernets.decoders.parameter_axes import five_axes
from hypernets.decoders.tiling import tile
from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape


@DECODERS.register("low-rank")
class LowRankDecoder(MatrixDecoder):
    """Node states to parameters of one shape, with weights of low rank instead of repetitions.

    A perceptron maps a node's state to two matrices r x r; one linear layer, shared by both, maps
    them to A, with a row for each output channel and tap along the height, and B, with a column
    for each input channel and tap along the width; the weight is A B (Zhou et al. 2024, LoGAH,
    §3). Only the channels and the central taps of the shape are computed. The class head is
    features x r, computed like A, times one learned vector per class.

    Args:
        hidden: Size of a node state, D.
        rank: Rank of a weight, r.
        max_channels: Channels of the widest layer, C; wider ones repeat.
        max_kernel: Largest window, S; larger ones are interpolated.
        classes: Number of classes; heads of fewer get the first ones, heads of more fixed vectors
            beside them.
    """

    repeats = True

    def __init__(
        self, hidden: int, rank: int, max_channels: int, max_kernel: int, classes: int
    ) -> None:
        super().__init__()
        self.rank, self.max_channels, self.max_kernel = rank, max_channels, max_kernel
        last = nn.Linear(8 * hidden, 2 * rank**2)
        self.factors = nn.Sequential(
            nn.Linear(hidden, 4 * hidden),
            nn.ReLU(),
            nn.Linear(4 * hidden, 8 * hidden),
            nn.ReLU(),
            last,
        )
        self.vector = nn.Sequential(
            nn.Linear(hidden, 2 * hidden), nn.ReLU(), nn.Linear(2 * hidden, 2 * max_channels)
        )
        self.class_bias = nn.Linear(hidden, rank)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        nn.init.normal_(last.weight, std=math.sqrt(1 / (8 * hidden)))
        self.spread = nn.Parameter(rank**-0.75 * torch.randn(max_channels, max_kernel, rank))
        self.spread_bias = nn.Parameter(torch.zeros(max_channels, max_kernel))
        self.class_vectors = nn.Parameter(torch.randn(rank, classes) / math.sqrt(rank))

    def _weight(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        rows, columns, depth, height, width = five_axes(role, shape)
        out, channels = (min(size, self.max_channels) for size in (rows, columns))
        left, right = self._factors(h)
        a = self._spread(left, out, depth * height)  # (P, r, out*height)
        b = self._spread(right, channels, width)  # (P, r, in*width)
        x = (a.mT @ b).view(len(h), out, depth * height, channels, width).transpose(2, 3)
        return tile(x, (rows, columns, depth * height, width)).reshape(len(h), *shape)

    def _head(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        vectors = extend_class_vectors(self.class_vectors, math.prod(shape[:1]))
        inputs = math.prod(shape[1:])
        if role is Role.CLASS_BIAS:
            features = self.class_bias(h)[:, None]  # (P, 1, r)
        else:
            left = self._factors(h)[0]
            features = self._spread(left, min(inputs, self.max_channels), 1).mT
            features = self.rank**0.25 * features  # (P, in, r)
        features = tile(features, (inputs, self.rank))
        return (features @ vectors).mT.reshape(len(h), *shape)

    def _factors(self, h: Tensor) -> tuple[Tensor, ...]:
        """(P, D) -> two of (P, r, r)."""
        matrices: Tensor = self.factors(h)
        return matrices.view(len(h), 2, self.rank, self.rank).unbind(1)

    def _spread(self, matrices: Tensor, channels: int, taps: int) -> Tensor:
        """Rows of r values to rows of the channels at the central taps: (P, r, channels*taps)."""
        weight = _central(self.spread[:channels], taps).flatten(0, 1)
        bias = _central(self.spread_bias[:channels, :, None], taps).flatten()
        return F.linear(matrices, weight, bias)


def _central(table: Tensor, taps: int) -> Tensor:
    """The middle of dimension 1, or the whole interpolated: (C, S, r) -> (C, taps, r)."""
    have = table.shape[1]
    if taps > have:
        return F.interpolate(table.mT, taps, mode="linear").mT
    return table.narrow(1, (have - taps) // 2, taps)
