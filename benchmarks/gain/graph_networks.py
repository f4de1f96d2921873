"""Networks on the nodes of a graph, as one writes them with torch-geometric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.nn import (
    APPNP,
    GAT,
    GCN,
    GIN,
    ARMAConv,
    ChebConv,
    GATConv,
    GCNConv,
    GraphSAGE,
    SAGEConv,
    Sequential,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_geometric.data import Data

    from nas.task.task import Task


class Kipf(nn.Module):
    """Two layers as Kipf & Welling 2017 stack them: on a record, giving logarithms."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.first, self.second = GCNConv(features, 16), GCNConv(16, classes)

    def forward(self, data: Data) -> Tensor:
        x = F.dropout(data.x, training=self.training)
        x = F.dropout(self.first(x, data.edge_index).relu(), training=self.training)
        return F.log_softmax(self.second(x, data.edge_index), dim=1)


class Velickovic(nn.Module):
    """Eight heads of eight features, as Veličković et al. 2018 have them."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.first = GATConv(features, 8, heads=8, dropout=0.6)
        self.second = GATConv(64, classes, concat=False, dropout=0.6)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        x = F.dropout(x, 0.6, training=self.training)
        x = F.dropout(F.elu(self.first(x, edge_index)), 0.6, training=self.training)
        scores: Tensor = self.second(x, edge_index)
        return scores


class Residual(nn.Module):
    """Three normalised layers with shortcuts between two linear ones."""

    def __init__(self, features: int, classes: int, width: int = 64) -> None:
        super().__init__()
        self.stem, self.head = nn.Linear(features, width), nn.Linear(width, classes)
        self.convs = nn.ModuleList(SAGEConv(width, width) for _ in range(3))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(3))

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        x = F.dropout(self.stem(x).relu(), training=self.training)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = x + norm(conv(x, edge_index)).relu()
        scores: Tensor = self.head(x)
        return scores


def _stack(conv: Callable[..., nn.Module], task: Task, width: int, **options: Any) -> nn.Module:
    """Two layers with dropout before each, as torch-geometric's Sequential."""
    reads = "x, edge_index -> x"
    made: nn.Module = Sequential(
        "x, edge_index",
        [
            (nn.Dropout(0.5), "x -> x"),
            (conv(task.features, width, **options), reads),
            nn.ReLU(),
            nn.Dropout(0.5),
            (conv(width, task.classes, **options), reads),
        ],
    )
    return made


def _appnp(task: Task) -> nn.Module:
    """A perceptron whose scores are spread along the edges (Gasteiger et al. 2019)."""
    made: nn.Module = Sequential(
        "x, edge_index",
        [
            (nn.Linear(task.features, 64), "x -> x"),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(64, task.classes),
            (APPNP(10, 0.1), "x, edge_index -> x"),
        ],
    )
    return made


GRAPH_NETWORKS: dict[str, Callable[[Task], nn.Module]] = {
    "Kipf": lambda t: Kipf(t.features, t.classes),
    "Velickovic": lambda t: Velickovic(t.features, t.classes),
    "jumping GCN": lambda t: GCN(
        t.features, 64, 3, t.classes, dropout=0.5, norm="batch_norm", jk="cat"
    ),
    "GAT": lambda t: GAT(t.features, 64, 2, t.classes, dropout=0.5, heads=4),
    "GraphSAGE": lambda t: GraphSAGE(t.features, 64, 2, t.classes, dropout=0.5),
    "GIN": lambda t: GIN(t.features, 64, 2, t.classes, dropout=0.5),
    "ChebNet": lambda t: _stack(ChebConv, t, 32, K=3),
    "ARMA": lambda t: _stack(ARMAConv, t, 32, num_stacks=2, num_layers=2),
    "APPNP": _appnp,
    "residual SAGE": lambda t: Residual(t.features, t.classes),
}
"""What makes each of them for a task, with their default weights."""
