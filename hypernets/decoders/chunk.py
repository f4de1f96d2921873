"""The decoder of static hypernetworks: one generator with learned vectors for each chunk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hypernets.decoders.class_head import FINAL_GAIN, extend_class_vectors
from hypernets.decoders.decoder import DECODERS, Decoder
from hypernets.decoders.parameter_axes import five_axes
from hypernets.decoders.tiling import tile
from nas.graph.op import Role

if TYPE_CHECKING:
    from nas.graph.tensor_spec import Shape


@DECODERS.register("chunk")
class ChunkDecoder(Decoder):
    """Node states to parameters of one shape, assembled from square chunks.

    A weight is cut into chunks of ``side`` x ``side`` channels at one tap of its window. A shared
    generator makes each one from the layer's state and learned vectors of the chunk's row, column
    and tap (Ha et al. 2017, HyperNetworks: large kernels are concatenated from chunks, each with
    its own embedding; von Oswald et al. 2020). The last chunks are cut to the shape. A class head
    is decoded as features x D, times one learned vector for each class.

    Args:
        hidden: Size of a node state, D.
        max_channels: Channels after which the vectors of chunks, and so the chunks, repeat.
        max_kernel: Largest window; in larger ones, the vectors of taps are interpolated.
        classes: Number of learned class vectors.
        side: Channels of a chunk.
    """

    repeats = True

    def __init__(
        self, hidden: int, max_channels: int, max_kernel: int, classes: int, *, side: int = 16
    ) -> None:
        super().__init__()
        self.max_channels, self.side = max_channels, side
        wide, chunks = 4 * hidden, -(-max_channels // side)
        self.state = nn.Linear(hidden, wide)
        self.role = nn.Parameter(torch.randn(len(Role), wide) * math.sqrt(0.05))
        self.rows = nn.Parameter(torch.randn(chunks, wide) * math.sqrt(0.35))
        self.columns = nn.Parameter(torch.randn(chunks, wide) * math.sqrt(0.35))
        self.taps = nn.Parameter(torch.randn(3, max_kernel, wide) * math.sqrt(0.25 / 3))
        self.mix = nn.Linear(wide, wide)
        self.chunk = nn.Linear(wide, side**2)
        self.class_vectors = nn.Parameter(torch.randn(hidden, classes) / math.sqrt(hidden))
        for layer, gain in ((self.state, 1), (self.mix, 2), (self.chunk, FINAL_GAIN**2)):
            nn.init.normal_(layer.weight, std=math.sqrt(gain / layer.in_features))
            nn.init.zeros_(layer.bias)

    def forward(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        """Raw parameters of one role and shape: (P, D) -> (P, *shape)."""
        if role in (Role.CLASS_WEIGHT, Role.CLASS_BIAS):
            return self._head(h, role, shape)
        axes = five_axes(role, shape)
        return self._chunks(h, role, axes).reshape(len(h), *shape)

    def _head(self, h: Tensor, role: Role, shape: Shape) -> Tensor:
        vectors = extend_class_vectors(self.class_vectors, math.prod(shape[:1]))
        features = self._chunks(h, role, (math.prod(shape[1:]), len(vectors), 1, 1, 1))
        return (features[..., 0] @ vectors).mT.reshape(len(h), *shape)

    def _chunks(self, h: Tensor, role: Role, axes: tuple[int, int, int, int, int]) -> Tensor:
        """Chunks side by side, repeated where needed: (P, D) -> (P, out, in, taps)."""
        out, channels = (min(size, self.max_channels) for size in axes[:2])
        rows, columns = self._needed(self.rows, out), self._needed(self.columns, channels)
        place = rows[:, None, None] + columns[:, None] + self._taps(axes[2:])  # (R, C, taps, 4D)
        state = self.state(h) + self.role[tuple(Role).index(role)]  # (P, 4D)
        x = F.relu(self.mix(F.relu(state[:, None, None, None] + place)))  # (P, R, C, taps, 4D)
        height, width = min(out, self.side), min(channels, self.side)
        weight = self.chunk.weight.view(self.side, self.side, -1)[:height, :width].flatten(0, 1)
        bias = self.chunk.bias.view(self.side, self.side)[:height, :width].flatten()
        x = F.linear(x, weight, bias).unflatten(-1, (height, width))  # (P, R, C, taps, r, c)
        x = x.permute(0, 1, 4, 2, 5, 3).flatten(3, 4).flatten(1, 2)  # (P, R*r, C*c, taps)
        return tile(x[:, :out, :channels], (*axes[:2], x.shape[-1]))

    def _needed(self, vectors: Tensor, channels: int) -> Tensor:
        return vectors[: -(-channels // self.side)]

    def _taps(self, window: tuple[int, int, int]) -> Tensor:
        """Vectors of the taps of a window, the sum over its axes: (taps, 4D)."""
        pairs = zip(self.taps, window, strict=True)
        depth, height, width = (_centre(vectors, size) for vectors, size in pairs)
        return (depth[:, None, None] + height[:, None] + width).flatten(0, 2)


def _centre(vectors: Tensor, size: int) -> Tensor:
    """The middle of a table, or the whole table interpolated: (S, 4D) -> (size, 4D)."""
    have = len(vectors)
    if size > have:
        return F.interpolate(vectors.mT[None], size, mode="linear")[0].mT
    return vectors.narrow(0, (have - size) // 2, size)
