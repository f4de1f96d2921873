from __future__ import annotations

import pytest
import torch
from torch import nn
from torch_geometric import nn as pyg

from hypernets.config import HypernetConfig
from nas.errors import ImportingError
from nas.modules.example_graph import example_graph
from nas.modules.lazy_layers import has_lazy_layers
from tests.hypernets.hypernet_toys import make_card

IMAGES = make_card(HypernetConfig())
NODES = make_card(HypernetConfig(), channels=0, features=11)


GIN = pyg.GINConv(nn.Linear(4, 2))


class Inner(nn.Module):
    """Names its second layer first."""

    def __init__(self) -> None:
        super().__init__()
        self.second, self.first = pyg.GCNConv(8, 3), pyg.GATConv(5, 4, heads=2)

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x, edge_index), edge_index)


@pytest.mark.parametrize("card", [IMAGES, NODES])
@pytest.mark.parametrize(
    ("model", "features"),
    [
        (pyg.GCN(7, 8, 2, 3), 7),
        (pyg.SAGEConv((6, 6), 3), 6),
        (Inner(), 5),
        (pyg.Sequential("x, e", [(nn.Linear(9, 4), "x -> x"), (GIN, "x, e -> x")]), 9),
    ],
)
def test_the_width_follows_from_the_layers(model, features, card) -> None:
    found = example_graph(model, card)
    assert found is not None
    x, edges = found
    assert x.shape[1] == features
    assert not x.any()
    assert edges.shape == (2, 1)
    model.eval()(x, edges)


def test_networks_without_edges_are_for_graphs_if_the_hypernetwork_is() -> None:
    assert example_graph(nn.Linear(11, 3), IMAGES) is None
    found = example_graph(nn.Linear(11, 3), NODES)
    assert found is not None
    assert found[0].shape[1] == 11


def test_lazy_layers_are_given_no_size_by_a_guess() -> None:
    model = pyg.GCN(-1, 8, 2, 3)
    with pytest.raises(ImportingError, match="GCN has layers whose sizes are not known yet"):
        example_graph(model, NODES)
    assert has_lazy_layers(model)


def test_networks_of_images_take_none() -> None:
    assert example_graph(nn.Conv2d(3, 4, 3), NODES) is None
