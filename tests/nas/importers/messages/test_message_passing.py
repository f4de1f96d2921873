"""Networks of torch-geometric as they are usually written."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch_geometric import nn as pyg

from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.graph.op import Role
from nas.importers.from_module import from_module
from nas.importers.messages.message_passing import perceptron_of, plain_call, without_perceptron
from nas.modules.state import replaced_forward

X, EDGES = torch.randn(7, 5), torch.tensor([[0, 1, 2, 3, 4, 5, 6, 0], [1, 2, 3, 4, 5, 6, 0, 3]])


def perceptron() -> nn.Sequential:
    return nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))


NETWORKS = {
    "GCN": (lambda: pyg.GCN(5, 8, 2, 3), ["gcn", "gcn"]),
    "GAT": (lambda: pyg.GAT(5, 8, 2, 3, heads=2), ["gat", "gat"]),
    "GraphSAGE": (lambda: pyg.GraphSAGE(5, 8, 2, 3, jk="cat"), ["sage", "sage"]),
    "GIN": (lambda: pyg.GIN(5, 8, 2, 3), ["gin", "gin"]),
    "GIN with learned eps": (lambda: pyg.GINConv(perceptron(), train_eps=True), ["gin"]),
    "GIN with eps": (lambda: pyg.GINConv(perceptron(), eps=0.5), ["gin"]),
    "GIN against the edges": (lambda: pyg.GINConv(perceptron(), flow="target_to_source"), ["gin"]),
    "GIN on means": (lambda: pyg.GINConv(perceptron(), aggr="mean"), ["gin"]),
    "GAT with dropout": (lambda: pyg.GATConv(5, 4, heads=2, dropout=0.6), ["gat"]),
    "GATv2": (lambda: pyg.GATv2Conv(5, 4, heads=2), ["gat"]),
    "three Chebyshev terms": (lambda: pyg.ChebConv(5, 3, K=3), ["cheb"]),
    "two stacks": (lambda: pyg.ARMAConv(5, 3, num_stacks=2, num_layers=2), ["arma"]),
    "cached": (lambda: pyg.GCNConv(5, 3, cached=True), ["gcn"]),
    "of a kind of its own": (lambda: pyg.TransformerConv(5, 3), ["layer"]),
}


@pytest.mark.parametrize(("make", "kinds"), NETWORKS.values(), ids=NETWORKS)
def test_the_graph_computes_the_same_and_has_the_layers(make, kinds) -> None:
    torch.manual_seed(0)
    network = make().eval()
    imported = from_module(network, (X, EDGES))
    assert imported.batch is None
    found = [node.op.features().kind for node in imported.graph.nodes if len(node.inputs) > 1]
    assert [kind for kind in found if kind not in ("concat", "add")] == kinds
    assert imported.coverage.share == 1
    with torch.no_grad():
        expected = deepcopy(network)(X, EDGES)
        torch.testing.assert_close(apply(imported.graph, imported.state, X, EDGES), expected)
        module = to_module(imported.graph)
        module.load_state_dict(imported.state)
        torch.testing.assert_close(module.eval()(X, EDGES), expected)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_any_number_of_edges_will_do(count) -> None:
    network = pyg.TransformerConv(5, 3)
    imported = from_module(network, (X, EDGES[:, :count]))
    assert imported.batch is None
    assert imported.graph.shapes[imported.graph.outputs[0]] == (1, 3)


@pytest.mark.gpu
def test_networks_on_an_accelerator_are_read() -> None:
    imported = from_module(pyg.TransformerConv(5, 3).cuda(), (X.cuda(), EDGES.cuda()))
    assert imported.batch is None


def test_the_first_layer_of_a_perceptron_is_that_of_the_gin() -> None:
    imported = from_module(pyg.GINConv(perceptron()), (X, EDGES))
    kinds = [node.op.features().kind for node in imported.graph.nodes]
    assert kinds == ["gin", "batch_norm2d", "relu", "head"]
    (first, *_) = imported.graph.parameters()
    assert imported.names[first] == "nn.0.weight"


def test_a_sum_that_others_read_too_stays_a_layer() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(5, 3), nn.Linear(5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.first(x) + self.second(x)

    network = pyg.GINConv(Twice()).eval()
    imported = from_module(network, (X, EDGES))
    assert [n.op.features().kind for n in imported.graph.nodes] == [
        "gin",
        "linear",
        "linear",
        "add",
    ]
    with torch.no_grad():
        found = apply(imported.graph, imported.state, X, EDGES)
        torch.testing.assert_close(found, network(X, EDGES))


def test_vectors_of_attention_are_no_weights() -> None:
    roles = {
        name.rpartition(".")[2]: spec.role
        for name, spec in from_module(pyg.GATConv(5, 4, heads=2, dropout=0.1), (X, EDGES))
        .graph.parameters()
        .items()
    }
    assert roles["att_src"] is roles["att_dst"] is Role.ATTENTION
    assert (roles["weight"], roles["bias"]) == (Role.WEIGHT, Role.BIAS)


def test_only_a_network_of_its_own_is_taken_from_a_layer() -> None:
    plain, other = pyg.GINConv(nn.Linear(5, 3)), pyg.SAGEConv(5, 3)
    assert without_perceptron(plain) is plain
    assert without_perceptron(other) is other
    layer = pyg.GINConv(perceptron(), train_eps=True)
    part = without_perceptron(layer)
    assert part is without_perceptron(layer) is not layer
    assert perceptron_of(layer) is layer.nn
    assert dict(part.named_parameters()).keys() == {"eps"}
    assert part.eps is layer.eps


def test_a_temporary_forward_is_not_copied() -> None:
    layer = pyg.GINConv(perceptron())
    with replaced_forward(layer, lambda *inputs: None):
        part = without_perceptron(layer)
    torch.testing.assert_close(part(X, EDGES), pyg.GINConv(nn.Identity())(X, EDGES))


@pytest.mark.parametrize(
    ("args", "kwargs", "plain"),
    [
        ((X, EDGES, None), {}, ((X, EDGES), {})),
        ((X,), {"edge_index": EDGES, "edge_weight": None}, ((X, EDGES), {})),
        ((), {"edge_index": EDGES, "x": X}, ((X, EDGES), {})),
        ((X,), {"wrong": 1}, ((X,), {"wrong": 1})),
    ],
)
def test_calls_are_written_by_position(args, kwargs, plain) -> None:
    found_args, found_kwargs = plain_call(pyg.GCNConv(5, 3), args, kwargs)
    assert [id(part) for part in found_args] == [id(part) for part in plain[0]]
    assert found_kwargs == plain[1]
