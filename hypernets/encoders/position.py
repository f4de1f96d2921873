"""The encoder of static hypernetworks: a learned vector for each position in the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hypernets.encoders.encoder import ENCODERS, Encoder
from hypernets.features import KINDS

if TYPE_CHECKING:
    from torch_geometric.data import Batch

FREE = frozenset(
    {
        "input",
        "max_pool2d",
        "avg_pool2d",
        "adaptive_avg_pool2d",
        "adaptive_max_pool2d",
        "add",
        "mul",
        "concat",
        "attention",
        "matmul",
        "softmax",
        "call",
    }
)
"""Kinds of operation without parameters."""


@ENCODERS.register("position")
class PositionEncoder(Encoder):
    """The embedding of the layer's number, independent of the layer's operation.

    Layers with parameters are numbered in topological order (the layer embeddings of Ha et al.
    2017, HyperNetworks); other nodes have the number of the next layer. This baseline is meant for
    a single network: layers of another architecture get the vectors of their positions.

    Args:
        hidden: Size of a node state.
        places: Number of embeddings; layers beyond share the last one.

    Shape:
        (N, hidden) -> (N, hidden).
    """

    sequential = True

    def __init__(self, hidden: int, *, places: int = 256) -> None:
        super().__init__()
        self.embedding = nn.Embedding(places, hidden)
        owns = torch.tensor([kind not in FREE for kind in KINDS])
        self.register_buffer("owns", owns, persistent=False)

    def forward(self, x: Tensor, batch: Batch) -> Tensor:
        assert isinstance(self.owns, Tensor)
        layer = self.owns[batch.kind].long()
        before = layer.cumsum(0) - layer  # (N,), over the whole batch
        number = before - before[batch.ptr[:-1]][batch.batch]
        h: Tensor = self.embedding(number.clamp(max=self.embedding.num_embeddings - 1))
        return h
