"""What holds for every kind of task: it can be searched, trained and exported."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from hypernets.training.config import HypernetTraining
from hypernets.training.train import train_hypernet
from nas.data.digits import load
from nas.data.digits_knn import load as load_graph
from nas.data.regression import make_regression_dataset
from nas.errors import UnknownNameError
from nas.graph.builder import GraphBuilder
from nas.graph.ops.linear import Linear
from nas.space.own_space import own_space
from nas.study.search import search
from nas.task.image_regression import IMAGE_REGRESSION
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from nas.training.evaluate import evaluate

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.data.split import Split
    from nas.graph.graph import Graph
    from nas.space.trial import Trial


def regression_data() -> Dataset:
    """Digits, with how much of them is ink in the left and in the right half."""
    splits: list[Split] = [part.subset(slice(96)) for part in parts_of(load())]
    images = torch.cat([split.images for split in splits])
    halves = images.float().split(4, dim=-1)
    targets = torch.stack([half.mean((1, 2, 3)) for half in halves], 1)  # (288, 2)
    parts = tuple(torch.arange(96) + start for start in (0, 96, 192))
    return make_regression_dataset("ink", images, targets, parts=parts, flip=False)  # type: ignore[arg-type]


def parts_of(data: Dataset):
    return data.train, data.val, data.test


DATA = {
    IMAGE_CLASSIFICATION: load,
    IMAGE_REGRESSION: regression_data,
    NODE_CLASSIFICATION: load_graph,
}


def build(trial: Trial, task: Task) -> nn.Module | Graph:
    """Two layers of images or of nodes."""
    width = trial.suggest_categorical("width", [4, 6, 8])
    if task.traits.on_graph:
        return on_graph(width, task)
    layers = [nn.Conv2d(task.channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * width, task.classes)
    )


def on_graph(width: int, task: Task) -> Graph:
    b = GraphBuilder()
    x, edges = b.input((1, task.features)), b.edge_index()
    hidden = b.relu(b.message_passing(x, edges, "gcn", width))
    return b.build(b.op(Linear(out_features=task.classes, head=True), hidden))


@pytest.mark.parametrize("name", KINDS)
def test_a_toy_space_is_searched_trained_and_exported(name, tmp_path):
    data = DATA[name]()
    space = own_space(build, data.task)
    hypernet = train_hypernet(
        space,
        data,
        tmp_path / "hypernet",
        settings={"hidden": 8, "layers": 1, "max_channels": 16},
        training=HypernetTraining(steps=2, batch_size=16),
    )
    result = search(
        space,
        data,
        hypernet,
        n_trials=3,
        finalists=2,
        finalist_epochs=2,
        max_epochs=4,
        out=tmp_path / "run",
        device="cpu",
    )
    assert result.best_model is not None
    found = evaluate(result.best_model, data.test, data.task.traits)
    assert result.best.test_accuracy == pytest.approx(found.accuracy, abs=1e-6)
    exported = runpy.run_path(str(result.files["model"]))["load"]()
    inputs, _ = data.test.whole()
    torch.testing.assert_close(exported(*inputs), result.best_model(*inputs), atol=1e-4, rtol=1e-4)


def test_an_unknown_kind_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'image-regression'"):
        Task(kind="image-regresion", classes=1, channels=1, resolution=8)
