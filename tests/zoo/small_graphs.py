"""Small graph networks: torch-geometric's layers, and one on a dense matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch_geometric.nn import GATConv, GCNConv, GINConv, SAGEConv, global_mean_pool

from tests.zoo.zoo_network import ZooNetwork

if TYPE_CHECKING:
    from tests.zoo.zoo_network import Inputs

WIDTH, CLASSES = 8, 4


def ring(size: int) -> Inputs:
    """Vectors on a ring of nodes with one chord; the nodes are what there is more or less of."""
    nodes = 5 + size
    x = torch.randn(nodes, WIDTH, generator=torch.Generator().manual_seed(size))
    start = torch.arange(nodes)
    edges = torch.stack([start, (start + 1) % nodes])
    return x, torch.cat([edges, edges.flip(0), torch.tensor([[0], [3]])], dim=1)


def rings(size: int) -> Inputs:
    """A ring cut into two graphs."""
    x, edges = ring(size)
    member = (torch.arange(len(x)) >= 3).long()
    within = member[edges[0]] == member[edges[1]]
    return x, edges[:, within], member


def dense(size: int) -> Inputs:
    """Batches of graphs of five nodes as matrices."""
    source = torch.Generator().manual_seed(size)
    adjacency = torch.rand(size, 5, 5, generator=source).round()
    return torch.randn(size, 5, WIDTH, generator=source), adjacency


class GraphNetwork(nn.Module):
    """Two layers of message passing with an activation between them."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        return self.second(self.first(x, edge_index).relu(), edge_index)


class GraphClassifier(nn.Module):
    """Pooled to one vector for each graph."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.head = GCNConv(WIDTH, 12), nn.Linear(12, CLASSES)

    def forward(self, x: Tensor, edge_index: Tensor, batch: Tensor) -> Tensor:
        x = self.conv(x, edge_index).relu()
        return self.head(global_mean_pool(x, batch))


class DenseGraphNetwork(nn.Module):
    """Kipf & Welling 2017 with the adjacency as an input."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(WIDTH, 12, bias=False), nn.Linear(12, CLASSES)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        adjacency = adjacency + torch.eye(adjacency.size(-1))
        scale = adjacency.sum(-1).rsqrt()
        mean = scale[..., None] * adjacency * scale[:, None]
        return self.second(mean @ self.first(mean @ x).relu()).mean(1)


def gcn() -> nn.Module:
    return GraphNetwork(GCNConv(WIDTH, 12), GCNConv(12, CLASSES))


def gat() -> nn.Module:
    return GraphNetwork(GATConv(WIDTH, 6, heads=2), GATConv(12, CLASSES, concat=False))


def gin() -> nn.Module:
    inner = nn.Sequential(nn.Linear(WIDTH, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 12))
    return GraphNetwork(GINConv(inner, train_eps=True), GINConv(nn.Linear(12, CLASSES)))


def sage() -> nn.Module:
    return GraphNetwork(SAGEConv(WIDTH, 12), SAGEConv(12, CLASSES, aggr="max"))


GRAPH_NETWORKS = [
    ZooNetwork("GCN", gcn, ring),
    ZooNetwork("GAT", gat, ring),
    ZooNetwork("GIN", gin, ring),
    ZooNetwork("GraphSAGE", sage, ring),
    ZooNetwork("graph classifier", GraphClassifier, rings, fixed=True),
    ZooNetwork("dense graph network", DenseGraphNetwork, dense),
]
