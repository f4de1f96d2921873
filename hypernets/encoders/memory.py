"""The encoder of SMASH: layers read from and write to banks of memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.utils import to_dense_batch

from hypernets.encoders.encoder import ENCODERS, Encoder

if TYPE_CHECKING:
    from torch_geometric.data import Batch


@ENCODERS.register("memory")
class MemoryEncoder(Encoder):
    """A convolution over the sequence of layers, each described by its memory traffic.

    A network is a list of operations that read banks of memory, compute, and write one bank
    (Brock et al. 2018, SMASH). Here banks are assigned as a compiler assigns registers: a value
    goes to the first bank whose value is no longer read, so a chain stays in one bank and a
    residual branch occupies a second. The banks read and written are added to the description
    of the operation, and residual convolutions run over the topological order of each graph.

    Args:
        hidden: Size of a node state.
        banks: Number of banks; values beyond share the last one.
        depth: Number of convolutions of three layers each, dilated 1, 2, 4...

    Shape:
        (N, hidden) -> (N, hidden).
    """

    sequential = True

    def __init__(self, hidden: int, *, banks: int = 16, depth: int = 4) -> None:
        super().__init__()
        self.banks = banks
        self.read = nn.Linear(banks, hidden, bias=False)
        self.write = nn.Embedding(banks, hidden)
        self.layers = nn.ModuleList(
            nn.Conv1d(hidden, hidden, 3, dilation=2**i, padding=2**i) for i in range(depth)
        )

    def forward(self, x: Tensor, batch: Batch) -> Tensor:
        reads, written = memory_traffic(batch, self.banks)
        x = x + self.read(reads) + self.write(written)
        dense, real = to_dense_batch(x, batch.batch, batch_size=batch.num_graphs)  # (G, L, D)
        h, mask = dense.mT, real[:, None]  # (G, D, L), (G, 1, L)
        for layer in self.layers:
            h = h + layer(F.relu(h) * mask)
        states: Tensor = h.mT[real]
        return states


def memory_traffic(batch: Batch, banks: int) -> tuple[Tensor, Tensor]:
    """Number of values each node reads from each bank, and the bank it writes: (N, M), (N,)."""
    source, target = batch.edge_index[:, batch.distance == 1]
    written = torch.tensor(
        _first_free(source.tolist(), target.tolist(), batch.num_nodes, banks),
        device=source.device,
    )
    reads = torch.zeros(batch.num_nodes, banks, device=source.device)
    reads.index_put_((target, written[source]), reads.new_ones(()), accumulate=True)
    return reads, written


def _first_free(sources: list[int], targets: list[int], nodes: int, banks: int) -> list[int]:
    """The bank of each node's value, nodes in topological order.

    The last node that reads a bank's value may write to that bank, since reading comes before
    writing; so all banks are free at the first node of the next graph of a batch.
    """
    last_read = list(range(nodes))
    for source, target in zip(sources, targets, strict=True):
        last_read[source] = max(last_read[source], target)
    busy_until = [-math.inf] * banks
    found = []
    for node in range(nodes):
        free = (bank for bank, until in enumerate(busy_until) if until <= node)
        bank = next(free, banks - 1)
        busy_until[bank] = max(busy_until[bank], last_read[node])
        found.append(bank)
    return found
