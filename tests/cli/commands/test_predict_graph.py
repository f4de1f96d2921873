"""``nas predict`` for the networks on graphs that users write."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import hypernets
from nas.data.catalog import load
from nas.modules.calling import graph_call
from nas.modules.classifier import Classifier
from nas.training.evaluate import evaluate
from tests.cli.program import nas

SOURCE = """
import torch
import torch.nn.functional as F
from torch import nn
from torch_geometric.nn import GATConv, GCNConv, GraphSAGE, global_mean_pool

class Net(nn.Module):
    def __init__(self, features=64, classes=10):
        super().__init__()
        self.first, self.norm = GCNConv(features, 32), nn.BatchNorm1d(32)
        self.second = GATConv(32, classes, heads=2, concat=False, dropout=0.5)
        self.spare = nn.Linear(3, 4)

    def forward(self, x, edge_index):
        x = self.norm(self.first(x, edge_index)).relu()
        return self.second(F.dropout(x, training=self.training), edge_index)

class OnRecord(Net):
    def forward(self, data):
        return F.log_softmax(super().forward(data.x, data.edge_index), dim=1)

class Pooled(Net):
    def forward(self, x, edge_index):
        return super().forward(x, edge_index).mean(0, keepdim=True)

class Cached(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.first = GCNConv(64, 32, cached=True)
        self.second = GCNConv(32, classes, cached=True)

    def forward(self, x, edge_index):
        return self.second(self.first(x, edge_index).relu(), edge_index)

class Branching(Net):
    def forward(self, x, edge_index):
        x = super().forward(x, edge_index)
        return x if x.isfinite().all() else x.nan_to_num()

class Several(Net):
    def forward(self, x, edge_index, batch):
        return global_mean_pool(super().forward(x, edge_index), batch)

def sage(depth):
    return GraphSAGE(64, 32, depth, 10, dropout=0.5)

def images():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
"""
GRAPH = ("--dataset", "digits-knn", "--weights", "gnn-digits-knn", "--out", "w.safetensors")


@pytest.fixture(autouse=True)
def _networks(monkeypatch):
    Path("gnn.py").write_text(SOURCE)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("gnn", None)


def accuracy(network):
    data = load("digits-knn")
    call = graph_call(network, *data.train.whole().inputs)
    return evaluate(Classifier(network, arguments=call), data.val).accuracy


@pytest.mark.parametrize("name", ["Net", "OnRecord"])
def test_the_file_fills_a_fresh_network_with_what_was_predicted(name):
    answer = nas("predict", f"gnn.py:{name}", *GRAPH, "--json", "--evaluate")
    assert answer.code == 0, answer.err
    network, other = (runpy.run_path("gnn.py")[name]() for _ in range(2))
    network.load_state_dict(load_file("w.safetensors"))
    graph = load("digits-knn").train.whole().inputs
    hypernet = hypernets.load("gnn-digits-knn")
    hypernets.predict_module(hypernet, other, graph, calibration=graph)
    for key, tensor in other.state_dict().items():
        if not key.startswith("spare"):
            torch.testing.assert_close(network.state_dict()[key], tensor)
    document = answer.document
    assert document["accuracy"] == pytest.approx(accuracy(network), abs=1e-3)
    assert document["accuracy"] > 0.2
    assert document["excluded"] == ["spare.weight", "spare.bias"]
    total = sum(parameter.numel() for parameter in network.parameters())
    assert (document["parameters"], document["predicted"]) == (total, total - 16)


def test_fine_tuning_compares_with_default_weights_and_writes_what_it_made():
    words = ("--fine-tune", 10, "--evaluate", "--json", "--quiet")
    document = nas("predict", "gnn.py:OnRecord", *GRAPH, *words).document
    found = document["fine_tune"]
    assert found["predicted"]["before"] == pytest.approx(document["accuracy"], abs=1e-3)
    assert found["default"]["after"] > found["default"]["before"]
    network = runpy.run_path("gnn.py")["OnRecord"]()
    network.load_state_dict(load_file("w.safetensors"))
    assert accuracy(network) == pytest.approx(found[found["better"]]["after"], abs=1e-3)


def test_the_shipped_hypernetwork_for_any_layers_is_taken():
    words = ("--dataset", "digits-knn", "--out", "w.safetensors", "--json")
    answer = nas("predict", "gnn.py:sage(depth=2)", *words)
    assert answer.code == 0, answer.err
    assert answer.document["coverage"] == 1
    network = runpy.run_path("gnn.py")["sage"](2)
    hypernets.load("gnn-layers-digits-knn")(network, load("digits-knn").train.whole().inputs)
    torch.testing.assert_close(load_file("w.safetensors"), dict(network.state_dict()))


@pytest.mark.parametrize("name", ["Cached", "Branching", "Net(features=-1)"])
def test_a_network_that_is_for_one_graph_or_not_yet_for_any_will_do(name):
    answer = nas("predict", f"gnn.py:{name}", *GRAPH, "--json", "--evaluate")
    assert answer.code == 0, answer.err
    assert answer.document["accuracy"] > 0.2


def test_hypernetworks_for_other_samples_are_noted():
    words = ("--dataset", "digits-knn", "--weights", "gnn-cora", "--quiet")
    noted = nas("predict", "gnn.py:Net", "--dataset", "digits-knn", "--weights", "gnn-cora").err
    assert "trained for 1,433 features and 7 classes, but 'digits-knn' has 64 features" in noted
    assert nas("predict", "gnn.py:Net", *words, "--json").code == 0


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "Net(features=9)",
            "takes nodes of 9 features, but data set 'digits-knn' has nodes of 64",
        ),
        ("Net(classes=7)", "shape (7,) for each node, but data set 'digits-knn' has 10 classes"),
        (
            "Branching(classes=7)",
            "shape (7,) for each node, but data set 'digits-knn' has 10 classes",
        ),
        ("Pooled", "outputs of shape (1, 10) for the 1,797 nodes of data set 'digits-knn'"),
        ("Several", "its forward is forward(x, edge_index, batch) (gnn.py, line 41)"),
        ("images", "takes images of 3 channels, but data set 'digits-knn' has nodes of 64"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(model, said):
    answer = nas("predict", f"gnn.py:{model}", *GRAPH, "--quiet")
    assert answer.code == 1
    assert said in answer.error
    assert not Path("w.safetensors").exists()


def test_a_network_on_graphs_is_not_for_images(hypernet):
    answer = nas("predict", "gnn.py:Net", "--weights", hypernet, "--quiet")
    assert answer.code == 1
    assert "takes nodes of 64 features, but data set 'digits' has images of 1 channel" in (
        answer.error
    )
