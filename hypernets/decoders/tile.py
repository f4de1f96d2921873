"""The decoder of GHN-1/2/3: one tile for each layer, repeated over larger shapes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hypernets.decoders.class_head import FINAL_GAIN, extend_class_vectors
from hypernets.decoders.decoder import DECODERS
from hypernets.decoders.matrix_decoder import MatrixDecoder
from hypernets.decoders.parameter_axes import five_axes
from hypernets.decoders.tiling import tile
from hypernets.flat_memory import FlatMemory
from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape


CLASS_VECTOR = 32
"""Largest norm of the vector of a class."""


@DECODERS.register("tile")
class TileDecoder(MatrixDecoder):
    """Node states to parameters of one shape; only the needed part of the tile is computed.

    A weight comes from a tile (C, C, S, S) through Linear, ReLU, 1x1 convolution, ReLU, 1x1
    convolution (Knyazev et al. 2021, §3.1), cut at the centre of the window and at the first
    channels, and repeated along channels where the layer is wider than C. The class head is
    decoded as features x classes with one learned vector per class.

    Args:
        hidden: Size of a node state, D.
        max_channels: Width of the tile, C.
        max_kernel: Largest window, S; larger ones are interpolated.
        classes: Number of classes; heads of fewer get the first ones, heads of more fixed vectors
            beside them.
    """

    repeats = True

    def __init__(self, hidden: int, max_channels: int, max_kernel: int, classes: int) -> None:
        super().__init__()
        self._memory = FlatMemory()
        self.max_channels = max_channels
        self.max_kernel = max_kernel
        wide, length = 4 * hidden, min(hidden, CLASS_VECTOR)
        self.spatial = nn.Linear(hidden, wide * max_kernel**2)
        self.mix = nn.Linear(wide, 2 * wide)
        self.tile = nn.Linear(2 * wide, max_channels**2)
        self.vector = nn.Sequential(
            nn.Linear(hidden, 2 * hidden), nn.ReLU(), nn.Linear(2 * hidden, 2 * max_channels)
        )
        self.class_features = nn.Sequential(
            nn.Linear(hidden, wide), nn.ReLU(), nn.Linear(wide, (4 * max_channels + 1) * length)
        )
        self.class_vectors = nn.Parameter(torch.randn(length, classes) / math.sqrt(length))
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        with torch.no_grad():
            for last in (self.tile, self.vector[-1], self.class_features[-1]):
                assert isinstance(last, nn.Linear)
                last.weight *= FINAL_GAIN

    def _weight(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        rows, columns, depth, height, width = five_axes(role, shape)
        out, channels = (min(size, self.max_channels) for size in (rows, columns))
        kernel = (depth * height, width)
        window = tuple(min(size, self.max_kernel) for size in kernel)
        x = self._window(h, window)  # (P*taps, 4D)
        x = self.mix(x).relu_()  # (P*taps, 8D)
        side = self.max_channels
        weight = self.tile.weight.view(side, side, -1)[:, :channels][:out].flatten(0, 1)
        bias = self.tile.bias.view(side, side)[:, :channels][:out].flatten()
        x = self._product(x, weight, bias, math.prod(window))  # (P, out*channels, taps)
        x = x.unflatten(1, (out, channels)).unflatten(-1, window)
        if window != kernel:
            x = F.interpolate(x.flatten(0, 1), kernel, mode="bilinear").view(*x.shape[:3], *kernel)
        return tile(x, (rows, columns, *kernel)).reshape(len(h), *shape)

    def _product(self, x: Tensor, weight: Tensor, bias: Tensor, taps: int) -> Tensor:
        """The last and largest layer: (P*taps, 8D) -> (P, O, taps), taps next to each other."""
        if taps == 1:
            return self._addmm(bias, x, weight.mT).unsqueeze(-1)
        columns = self._addmm(bias[:, None], weight, x.mT)  # (O, P*taps)
        return columns.view(len(columns), -1, taps).transpose(0, 1)

    def _addmm(self, bias: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """``a @ b + bias``, in reused memory where possible."""
        if torch.is_grad_enabled() or not a.dtype is b.dtype is torch.float32:
            return torch.addmm(bias, a, b)
        (out,) = self._memory.tensors([(a.shape[0], b.shape[1])], a.device)
        return torch.addmm(bias, a, b, out=out)

    def _window(self, h: Tensor, window: tuple[int, ...]) -> Tensor:
        """Linear and ReLU at the central ``window`` of the tile only: (P, D) -> (P*taps, 4D)."""
        side = self.max_kernel
        rows, columns = (slice((side - size) // 2, (side - size) // 2 + size) for size in window)
        weight = self.spatial.weight.view(side, side, -1, h.shape[-1])[rows, columns]
        bias = self.spatial.bias.view(side, side, -1)[rows, columns]
        x = F.linear(h, weight.flatten(0, 2), bias.flatten()).relu_()
        return x.view(len(h) * math.prod(window), -1)

    def _head(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        vectors = extend_class_vectors(self.class_vectors, math.prod(shape[:1]))
        count, length = math.prod(shape[1:]), len(vectors)
        rows = slice(length * min(count, 4 * self.max_channels))
        if role is Role.CLASS_BIAS:
            rows = slice(-length, None)
        last = self.class_features[-1]
        assert isinstance(last, nn.Linear)
        x = F.linear(self.class_features[:-1](h), last.weight[rows], last.bias[rows])
        features = tile(x.view(len(h), -1, length), (count, length))  # (P, features, D)
        return (features @ vectors).mT.reshape(len(h), *shape)
