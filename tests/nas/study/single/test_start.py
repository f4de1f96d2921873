from __future__ import annotations

import pytest
import torch
from torch import nn

import nas
from nas.errors import ConfigError, GraphError
from nas.events import Event, Noted
from tests.nas.training.starts.start_toys import convolutional, images
from tests.nas.training.train_toys import toy_data


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 3),
    )


def test_tensors_are_data_enough_and_a_class_without_samples_is_said():
    x, labels = images()
    heard: list[Event] = []
    model = convolutional(classes=4)
    card = nas.start(model, (x, labels), how="fitted", listen=heard.append)
    assert card.layers[-1].given.startswith("ridge regression")
    assert heard == [Noted(text="No training sample has 1 class: 3.")]
    model.train()
    assert (model(x).argmax(1) == labels).float().mean() > 0.8


def test_the_measured_choice_leaves_one_of_the_starts_and_the_modes():
    model, data = network().train(), toy_data(images=192)
    card = nas.start(model, data)
    assert card.start in ("default", "fitted")
    assert all(part.training for part in model.modules())
    expected = network()
    nas.start(expected, data, how=card.start)
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), expected.parameters(), strict=False)
    )


def test_a_network_of_a_graph_is_fitted_to_its_labelled_nodes():
    from torch_geometric.nn import GCNConv

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = GCNConv(64, 16), GCNConv(16, 10)

        def forward(self, data):
            return self.second(self.first(data.x, data.edge_index).relu(), data.edge_index)

    torch.manual_seed(0)
    model, data = Net(), nas.load_dataset("digits-knn")
    card = nas.start(model, data, how="fitted")
    given = {layer.name: layer for layer in card.layers}
    assert given["first.lin"].given == "orthogonal rows and label directions"
    assert given["second.lin"].given.startswith("ridge regression")
    from torch_geometric.data import Data

    (x, edges), labels = data.val.whole()
    known = labels >= 0
    with torch.no_grad():
        scores = model(Data(x=x, edge_index=edges))[known]
    assert (scores.argmax(1) == labels[known]).float().mean() > 0.6


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="a torch module"):
        nas.start("net", toy_data())  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="it needs a data set"):
        nas.start(network(), images())
    with pytest.raises(ConfigError, match="got tensors"):
        nas.start(network(), images(), how="predicted")
    with pytest.raises(GraphError, match="has 3 outputs, but data set 'digits' needs 10"):
        nas.start(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), "digits", how="fitted")
    with pytest.raises(GraphError, match=r"fails on samples of shape \(3, 8, 8\): RuntimeError"):
        nas.start(nn.Linear(5, 3), images(), how="fitted")
    with pytest.raises(ConfigError, match="a pair of tensors, got"):
        nas.start(network(), (1, 2), how="fitted")
