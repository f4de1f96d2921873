"""Predicted weights in networks on the nodes of a graph."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric import nn as pyg
from torch_geometric.data import Data

from hypernets.checkpoint import load
from hypernets.predicted_module import predict_module
from nas.data.catalog import load as load_data
from nas.errors import GraphError, ImportingError
from nas.modules.calling import graph_call
from nas.modules.classifier import Classifier
from nas.training.evaluate import evaluate
from tests.hypernets.hypernet_toys import make_hypernet

if TYPE_CHECKING:
    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.data.dataset import Dataset


@cache
def knn() -> Dataset:
    return load_data("digits-knn")


@cache
def shipped() -> GraphHyperNetwork:
    return load("gnn-digits-knn")


class Net(nn.Module):
    def __init__(self, classes: int = 10, *, log: bool = False, features: int = 64) -> None:
        super().__init__()
        self.first, self.norm = pyg.GCNConv(features, 32), nn.BatchNorm1d(32)
        self.second, self.log = pyg.GCNConv(32, classes), log

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        x = F.dropout(self.norm(self.first(x, edge_index)).relu(), training=self.training)
        x = self.second(x, edge_index)
        return F.log_softmax(x, dim=-1) if self.log else x


class OnRecord(Net):
    def forward(self, data: Data) -> Tensor:  # type: ignore[override]
        return super().forward(data.x, data.edge_index)


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def record() -> Data:
    x, edges = knn().train.whole().inputs
    return Data(x=x, edge_index=edges)


@pytest.mark.parametrize("kind", [Net, OnRecord])
def test_a_record_its_tensors_and_nothing_lead_to_the_same_weights(kind) -> None:
    data, found = record(), []
    for example in (None, data, (data.x, data.edge_index)):
        model = kind()
        assert shipped()(model, example) is model
        assert "forward" not in vars(model)
        found.append(weights(model))
    for other in found[1:]:
        torch.testing.assert_close(other, found[0])


def test_statistics_are_measured_on_a_record() -> None:
    data = record()
    for kind in (Net, OnRecord):
        predicted = predict_module(shipped(), kind(), data, calibration=data)
        model, convolved = predicted.model, predicted.model.first(data.x, data.edge_index)
        torch.testing.assert_close(model.norm.running_mean, convolved.mean(0))
        assert predicted.coverage.share == 1
        assert predicted.coverage.predicted.keys() == weights(model).keys()


@pytest.mark.parametrize("end", ["log", "softmax"])
def test_a_softmax_at_the_end_changes_no_weights(end) -> None:
    plain, other = Net(), Net(log=end == "log")
    shipped()(plain, record())
    if end == "softmax":
        edges = "x, edge_index"
        whole = pyg.Sequential(edges, [(other, f"{edges} -> x"), nn.Softmax(1)])
        shipped()(whole, record())
    else:
        shipped()(other, record())
    torch.testing.assert_close(weights(other), weights(plain))


@pytest.mark.parametrize(("features", "classes"), [(64, 3), (64, 25), (100, 10), (7, 2)])
def test_networks_of_any_width_get_weights(features, classes) -> None:
    model = Net(classes, features=features)
    before = {name: tensor.clone() for name, tensor in weights(model).items()}
    shipped()(model)
    after = weights(model)
    assert all(torch.isfinite(tensor).all() for tensor in after.values())
    assert (after["second.lin.weight"] != before["second.lin.weight"]).all(1).all()


MODELS = {
    "GCN": lambda: pyg.GCN(64, 32, 2, 10, dropout=0.5),
    "GAT": lambda: pyg.GAT(64, 32, 2, 10, heads=4, dropout=0.5),
    "GATv2": lambda: pyg.GAT(64, 32, 2, 10, v2=True),
    "GraphSAGE": lambda: pyg.GraphSAGE(64, 32, 3, 10, jk="lstm"),
    "GIN": lambda: pyg.GIN(64, 32, 2, 10, norm="batch_norm"),
    "PNA": lambda: pyg.PNA(64, 32, 2, 10, aggregators=["mean"], scalers=["identity"],
                           deg=torch.ones(3, dtype=torch.long)),
    "ChebConv": lambda: pyg.ChebConv(64, 10, K=3),
    "ARMAConv": lambda: pyg.ARMAConv(64, 10, num_stacks=2, num_layers=2),
    "SGConv": lambda: pyg.SGConv(64, 10, K=2, cached=True),
    "perceptron": lambda: nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)),
}  # fmt: skip


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_every_parameter_of_usual_networks_is_predicted(make) -> None:
    model = make()
    before = {name: tensor.clone() for name, tensor in weights(model).items()}
    found = predict_module(shipped(), model, record())
    assert found.coverage.share == 1
    assert not [name for name, t in weights(model).items() if torch.equal(t, before[name])]
    data = record()
    call = graph_call(model, data.x, data.edge_index)
    assert torch.isfinite(model.eval()(*call(data.x, data.edge_index))).all()


def test_predicted_weights_tell_nodes_without_training() -> None:
    torch.manual_seed(0)
    network = Classifier(OnRecord(), arguments=lambda x, edges: (Data(x=x, edge_index=edges),))
    default = evaluate(network, knn().val).accuracy
    predict_module(shipped(), network.network, record(), calibration=record())
    assert evaluate(network, knn().val).accuracy > max(0.4, 2 * default)


def test_a_graph_that_the_network_does_not_take_is_refused() -> None:
    with pytest.raises(GraphError, match="cannot be multiplied"):
        predict_module(make_hypernet(), Net(features=3), record())


def test_a_graph_is_brought_to_the_device_of_the_model() -> None:
    model = pyg.SAGEConv(64, 10).to("meta")  # any that is not the graph's
    found = predict_module(make_hypernet(), model, record(), calibration=record())
    assert found.coverage.share == 1
    assert all(parameter.is_meta for parameter in model.parameters())


@pytest.mark.gpu
def test_a_model_on_an_accelerator_is_predicted() -> None:
    found = predict_module(shipped(), OnRecord().cuda(), record(), calibration=record())
    assert found.coverage.share == 1
    assert found.model.get_buffer("norm.running_mean").isfinite().all()


def test_lazy_layers_get_the_sizes_of_the_graph() -> None:
    model = Net(features=-1)
    assert predict_module(shipped(), model, record()).coverage.share == 1
    expected = Net()
    shipped()(expected, record())
    torch.testing.assert_close(weights(model), weights(expected))


def test_a_gin_that_is_the_whole_model_is_read_like_one_within() -> None:
    model = pyg.GINConv(nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 10)))
    graph = predict_module(shipped(), model, record()).graph
    assert [node.op.features().kind for node in graph.nodes] == ["gin", "relu", "head"]


@pytest.mark.parametrize(
    ("given", "got"),
    [
        ({"x": torch.zeros(3, 64)}, "got dict without x and edge_index"),
        (Data(edge_index=torch.tensor([[0], [1]])), "got Data without x\\."),
        (Data(x=torch.zeros(3, 64)), "got Data without edge_index\\."),
    ],
)
def test_what_is_no_graph_is_refused(given, got) -> None:
    message = "expected tensors or a record with x and edge_index, "
    with pytest.raises(ImportingError, match=message + got):
        predict_module(make_hypernet(), Net(), given)
