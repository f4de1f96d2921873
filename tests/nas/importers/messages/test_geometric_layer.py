from __future__ import annotations

import pytest
import torch
from torch import nn
from torch_geometric import nn as pyg

from nas.compile.apply import apply
from nas.graph.ops import MessagePassing
from nas.graph.ops.messages.message_passing_layer import LAYERS
from nas.importers.from_module import from_module
from nas.importers.messages.geometric_layer import operation_of
from nas.testing.op import EDGES

OTHERS = [
    lambda: pyg.GATConv(5, 4, dropout=0.5),
    lambda: pyg.GATConv(5, 4, negative_slope=0.1),
    lambda: pyg.GATv2Conv(5, 4),
    lambda: pyg.GCNConv(5, 4, improved=True),
    lambda: pyg.GINConv(nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 4))),
    lambda: pyg.GINConv(nn.Linear(5, 4), eps=0.5),
    lambda: pyg.ChebConv(5, 4, K=3),
    lambda: pyg.SAGEConv(5, 4, normalize=True),
    lambda: pyg.SAGEConv(5, 4, aggr="min"),
    lambda: pyg.SAGEConv((5, 5), 4),
    lambda: pyg.ARMAConv(5, 4, num_stacks=2),
    lambda: pyg.ARMAConv(5, 4, act=None),
]


@pytest.mark.parametrize(
    "op",
    [
        *(MessagePassing(layer=layer, channels=4) for layer in LAYERS),
        *(MessagePassing(layer=layer, channels=6, bias=False) for layer in LAYERS),
        MessagePassing(layer="gat", channels=6, heads=3),
        MessagePassing(layer="gat", channels=6, heads=4, concat=False),
        MessagePassing(layer="sage", channels=6, aggregation="max"),
        MessagePassing(layer="general", channels=6, aggregation="mean"),
    ],
    ids=str,
)
def test_the_layer_of_an_operation_is_that_operation(op):
    assert operation_of(op.module((1, 5), EDGES)) == op


@torch.no_grad()
@pytest.mark.parametrize("name", ["GCNConv", "GATConv", "SAGEConv", "GraphConv"])
def test_layers_that_were_lazy_are_recognised(name):
    make = getattr(pyg, name)
    lazy, x = make(-1, 4), torch.zeros(3, 5)
    lazy(x, torch.tensor([[0], [1]]))
    assert operation_of(lazy) == operation_of(make(5, 4)) is not None


@pytest.mark.parametrize("make", OTHERS)
def test_other_settings_are_no_operation(make):
    assert operation_of(make()) is None


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = pyg.GATConv(5, 4, heads=2), pyg.GINConv(nn.Linear(8, 3))

    def forward(self, x, edge_index):
        return self.second(self.first(x, edge_index).relu(), edge_index)


def test_an_imported_network_is_written_in_operations():
    torch.manual_seed(0)
    network, x = Network().eval(), torch.randn(6, 5)
    edges = torch.randint(6, (2, 15))
    imported = from_module(network, (x, edges))
    assert [node.op.kind for node in imported.graph.nodes] == [
        "message_passing",
        "activation",
        "message_passing",
    ]
    with torch.no_grad():
        found = apply(imported.graph, imported.state, x, edges)
        torch.testing.assert_close(found, network(x, edges))
