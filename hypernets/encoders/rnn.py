"""The recurrent encoder, in which each layer depends on the layers before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

from hypernets.encoders.encoder import ENCODERS, Encoder

if TYPE_CHECKING:
    from torch_geometric.data import Batch


@ENCODERS.register("rnn")
class RNNEncoder(Encoder):
    """A gated recurrent network over the topological order of each graph.

    Weights are generated layer after layer, each from the layer's description and from a memory
    of the layers before it (the dependency-based generation of Chauhan et al. 2024, A Brief
    Review of Hypernetworks), not of later ones. The memory is added to the description.

    Shape:
        (N, hidden) -> (N, hidden).
    """

    sequential = True

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.gru = nn.GRU(hidden, hidden)
        self.memory = nn.Linear(hidden, hidden)

    def forward(self, x: Tensor, batch: Batch) -> Tensor:
        graphs = x.split(batch.ptr.diff().tolist())
        packed, _ = self.gru(pack_sequence(graphs, enforce_sorted=False))
        memory: Tensor = self.memory(torch.cat(unpack_sequence(packed)))  # (N, D)
        return x + memory
