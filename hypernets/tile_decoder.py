"""The decoder of GHN-1/2/3: one tile for each layer, repeated over larger shapes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nas.errors import ConfigError
from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape


class TileDecoder(nn.Module):
    """Node states to parameters of one shape, only the needed part of the tile being computed.

    A weight comes from a tile (C, C, S, S) through Linear, ReLU, 1x1 convolution, ReLU, 1x1
    convolution (Knyazev et al. 2021, §3.1), cut at the centre of the window and at the first
    channels, and repeated along channels where the layer is wider than C. The class head is
    decoded as features x classes with one learned vector per class.

    Args:
        hidden: Size of a node state, D.
        max_channels: Width of the tile, C.
        max_kernel: Largest window, S; larger ones are interpolated.
        classes: Number of classes; heads of fewer get the first ones.
    """

    def __init__(self, hidden: int, max_channels: int, max_kernel: int, classes: int) -> None:
        super().__init__()
        self.max_channels = max_channels
        self.max_kernel = max_kernel
        wide = 4 * hidden
        self.spatial = nn.Linear(hidden, wide * max_kernel**2)
        self.mix = nn.Linear(wide, 2 * wide)
        self.tile = nn.Linear(2 * wide, max_channels**2)
        self.vector = nn.Sequential(
            nn.Linear(hidden, 2 * hidden), nn.ReLU(), nn.Linear(2 * hidden, 2 * max_channels)
        )
        self.class_features = nn.Sequential(
            nn.Linear(hidden, wide), nn.ReLU(), nn.Linear(wide, (4 * max_channels + 1) * hidden)
        )
        self.class_vectors = nn.Parameter(torch.randn(hidden, classes) / math.sqrt(hidden))
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        """Raw parameters of one role and shape: (P, D) -> (P, *shape).

        Raises:
            ConfigError: A head has more classes than there are class vectors.
        """
        if role in (Role.CLASS_WEIGHT, Role.CLASS_BIAS):
            return self._head(h, role, shape)
        if len(shape) == 1:
            row = 0 if role is Role.SCALE else 1
            vectors = self.vector(h).view(len(h), 2, self.max_channels)[:, row]  # (P, C)
            return _repeat(vectors, 1, shape[0])
        return self._weight(h, shape)

    def _weight(self, h: Tensor, shape: Shape) -> Tensor:
        out, channels = (min(size, self.max_channels) for size in shape[:2])
        kernel = shape[2:] or (1, 1)
        window = tuple(min(size, self.max_kernel) for size in kernel)
        x = F.relu(self._window(h, window))  # (P, taps, 4D)
        x = F.relu(self.mix(x))  # (P, taps, 8D)
        side = self.max_channels
        weight = self.tile.weight.view(side, side, -1)[:out, :channels].flatten(0, 1)
        bias = self.tile.bias.view(side, side)[:out, :channels].flatten()
        x = F.linear(x, weight, bias)  # (P, taps, out*channels)
        x = x.mT.reshape(len(h) * out, channels, *window)
        if window != kernel:
            x = F.interpolate(x, kernel, mode="bilinear")
        x = x.view(len(h), out, channels, *kernel)
        x = _repeat(_repeat(x, 1, shape[0]), 2, shape[1])
        return x.view(len(h), *shape)

    def _window(self, h: Tensor, window: tuple[int, ...]) -> Tensor:
        """First layer at the central ``window`` of the tile only: (P, D) -> (P, taps, 4D)."""
        side = self.max_kernel
        rows, columns = (slice((side - size) // 2, (side - size) // 2 + size) for size in window)
        weight = self.spatial.weight.view(side, side, -1, h.shape[-1])[rows, columns]
        bias = self.spatial.bias.view(side, side, -1)[rows, columns]
        x = F.linear(h, weight.flatten(0, 2), bias.flatten())
        return x.view(len(h), math.prod(window), -1)

    def _head(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        if shape[0] > self.class_vectors.shape[1]:
            raise ConfigError(
                f"the hypernetwork predicts heads of up to {self.class_vectors.shape[1]} classes, "
                f"but a network has {shape[0]}",
                hint="Train one on this data with `nas train-hypernet`.",
            )
        features = self.class_features(h).view(len(h), -1, len(self.class_vectors))
        scores: Tensor = features @ self.class_vectors  # (P, 4C + 1, classes)
        if role is Role.CLASS_BIAS:
            return scores[:, -1, : shape[0]]
        return _repeat(scores[:, :-1], 1, shape[1]).mT[:, : shape[0]]  # (P, classes, features)


def _repeat(x: Tensor, dim: int, size: int) -> Tensor:
    """Cut or tile one dimension to ``size``."""
    have = x.shape[dim]
    if have < size:
        repeats = [1] * x.dim()
        repeats[dim] = -(-size // have)
        x = x.repeat(repeats)
    return x.narrow(dim, 0, size)
