"""The encoder without a graph, the baseline of Knyazev et al. 2021."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from hypernets.encoders.encoder import ENCODERS, Encoder

if TYPE_CHECKING:
    from torch_geometric.data import Batch


@ENCODERS.register("mlp")
class MLPEncoder(Encoder):
    """Each node by itself: (N, hidden) -> (N, hidden)."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, hidden)
        )

    def forward(self, x: Tensor, batch: Batch) -> Tensor:
        h: Tensor = self.layers(x)
        return h
