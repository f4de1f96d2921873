"""Initial node states from typed features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hypernets.features import KINDS, PASSED, TABLE_SIZES, WAVELENGTHS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch_geometric.data import Batch


class NodeEmbedding(nn.Module):
    """Sum of one embedding for each attribute: kind, window, stride, grouping, sizes, depth.

    Shape:
        Features of N nodes -> (N, hidden).
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.kind = nn.Embedding(len(KINDS), hidden)
        self.attributes = nn.Embedding(sum(TABLE_SIZES), hidden)
        self.passed = nn.Linear(len(PASSED), hidden, bias=False)
        self.depth = nn.Sequential(
            nn.Linear(4 * WAVELENGTHS, hidden), nn.ReLU(), nn.Linear(hidden, hidden)
        )
        offsets = torch.tensor([sum(TABLE_SIZES[:i]) for i in range(len(TABLE_SIZES))])
        self.register_buffer("offsets", offsets, persistent=False)

    def forward(self, batch: Batch) -> Tensor:
        assert isinstance(self.offsets, Tensor)
        attributes = self.attributes(batch.attributes + self.offsets).sum(1)  # (N, D)
        depth = self.depth(batch.depth)  # (N, D)
        x: Tensor = self.kind(batch.kind) + attributes + self.passed(batch.passed) + depth
        return x


def grown(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a hypernetwork, with tables of an earlier vocabulary extended to today's.

    New rows are zeros, so known operations keep their embeddings.
    """
    state = dict(state)
    for name, dim, size in (
        ("embedding.kind.weight", 0, len(KINDS)),
        ("embedding.passed.weight", 1, len(PASSED)),
    ):
        table = state.get(name)
        if table is not None and table.dim() == 2 and table.shape[dim] < size:
            missing = size - table.shape[dim]
            state[name] = F.pad(table, (0, missing) if dim else (0, 0, 0, missing))
    return state
