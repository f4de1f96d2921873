from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np
import optuna
import pytest
import torch
from torch import Tensor, nn

from nas.analysis.cost import cost
from nas.errors import ConfigError, EncodingError, ImportingError
from nas.graph.builder import GraphBuilder
from nas.importers.from_module import from_module
from nas.space.candidate import candidate, mutate, sample
from nas.space.own_space import own_space
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.importers.imported import Imported
    from nas.space.trial import Trial

DIGITS = Task(classes=10, channels=1, resolution=8)
NODES = Task(kind=NODE_CLASSIFICATION, classes=3, features=5)


def plain(trial: Trial, data: Task) -> nn.Module:
    """One to three convolutions.

    Nothing else.
    """
    width = trial.suggest_categorical("width", [4, 8])
    layers: list[nn.Module] = [nn.Conv2d(data.channels, width, 3, padding=1), nn.ReLU()]
    for _ in range(trial.suggest_int("depth", 0, 2)):
        layers += [nn.Conv2d(width, width, 1), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, data.classes)
    )


def by_hand(trial: Trial, data: Task) -> Graph:
    b = GraphBuilder()
    x = b.input((1, data.channels, data.resolution, data.resolution))
    x = b.relu(b.conv2d(x, trial.suggest_categorical("width", [4, 8]), bias=True))
    return b.build(b.classifier(x, data.classes))


def test_a_function_of_modules_is_a_space() -> None:
    space = own_space(plain, DIGITS)
    drawn = sample(space, np.random.default_rng(0))

    assert (space.name, space.description) == ("plain", "One to three convolutions")
    assert space.macro() == {}
    assert space.graph(drawn.architecture) == drawn.graph
    changed = mutate(space, drawn.params, np.random.default_rng(1))
    assert changed.params != drawn.params


@pytest.mark.parametrize("params", [{"width": 8, "depth": 2}, {"width": 4, "depth": 0}])
def test_the_graph_has_the_parameters_of_the_module(params: dict[str, Any]) -> None:
    from nas.space.trial import ReplayTrial

    module = plain(ReplayTrial(params), DIGITS)
    expected = sum(parameter.numel() for parameter in module.parameters())
    assert cost(own_space(plain, DIGITS).graph(params)).params == expected


def test_a_module_and_a_graph_of_the_same_network_are_one_candidate() -> None:
    graph = own_space(by_hand, DIGITS).graph({"width": 8})
    assert own_space(plain, DIGITS).graph({"width": 8, "depth": 0}).hash() == graph.hash()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[nn.Module]:
    """Every module that is read as a graph."""
    found: list[nn.Module] = []

    def reading(module: nn.Module, *inputs: Any) -> Imported:
        found.append(module)
        return from_module(module, *inputs)

    monkeypatch.setattr(sys.modules[own_space.__module__], "from_module", reading)
    return found


def test_an_architecture_is_read_once_at_each_resolution(reads: list[nn.Module]) -> None:
    space = own_space(plain, DIGITS)
    drawn = sample(space, np.random.default_rng(0))
    assert len(reads) == 1

    again = candidate(space.at(resolution=8), drawn.params)
    assert (again.params, again.graph) == (drawn.params, drawn.graph)
    assert candidate(space, drawn.architecture).graph is drawn.graph
    assert len(reads) == 1
    assert space.at(resolution=4).graph(drawn.params) != drawn.graph
    assert len(reads) == 2
    assert space.rebuild(drawn.params) == (drawn.params, drawn.graph)
    assert len(reads) == 3


def test_what_a_sampler_asks_for_again_is_not_read_again(reads: list[nn.Module]) -> None:
    space, study = own_space(plain, DIGITS), optuna.create_study()
    for _ in range(3):
        study.enqueue_trial({"width": 8, "depth": 1})
    graphs = [space.assemble(study.ask()) for _ in range(3)]
    assert graphs[0] is graphs[2]
    assert space.graph({"width": 8, "depth": 1}) is graphs[0]
    assert len(reads) == 1


def test_what_cannot_be_read_is_not_tried_again_for_a_sampler(reads: list[nn.Module]) -> None:
    def build(trial: Trial, data: Task) -> nn.Module:
        width = trial.suggest_int("width", 4, 4)
        return nn.Sequential(nn.Flatten(), nn.Linear(width, data.classes))

    space, study = own_space(build, DIGITS), optuna.create_study()
    for _ in range(3):
        with pytest.raises(ImportingError, match="shapes cannot be multiplied"):
            space.assemble(study.ask())
        with pytest.raises(ImportingError, match="shapes cannot be multiplied"):
            sample(space, np.random.default_rng(0))
    assert len(reads) == 1
    with pytest.raises(ImportingError, match="shapes cannot be multiplied"):
        space.rebuild({"width": 4})
    assert len(reads) == 2


def test_the_outputs_of_a_module_are_checked_by_the_name_of_the_space() -> None:
    space = own_space(lambda trial, data: nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), DIGITS)
    with pytest.raises(ConfigError, match=r"space '<lambda>' gave .* \(1, 3\)") as caught:
        space.graph({})
    assert "nn.Linear(width, data.classes)" in str(caught.value)


def test_workers_and_other_functions_read_architectures_themselves(reads: list[nn.Module]) -> None:
    space, params = own_space(plain, DIGITS), {"width": 8, "depth": 1}
    space.graph(params)
    copied = cloudpickle.loads(cloudpickle.dumps(space))
    assert copied.recent.find(copied, params) is None
    own_space(plain, DIGITS).graph(params)
    assert len(reads) == 2


def test_the_resolution_is_that_of_the_proxy() -> None:
    space = own_space(by_hand, DIGITS).at(resolution=4)
    assert space.graph({"width": 4}).inputs[0].shape == (1, 1, 4, 4)


def test_parameters_that_were_not_suggested_are_refused() -> None:
    with pytest.raises(EncodingError, match="'depth' is 7; expected a number from 0 to 2"):
        own_space(plain, DIGITS).graph({"width": 4, "depth": 7})


def test_modules_of_nodes_and_edges_are_read() -> None:
    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(5, 3)

        def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
            source, target = edge_index[0], edge_index[1]
            messages = torch.zeros_like(x).index_add(0, target, x[source])
            scores: Tensor = self.linear(x + messages)
            return scores

    space = own_space(lambda trial, data: Mean(), NODES, name="mean")
    graph = space.graph({})
    assert [spec.is_edge_index for spec in graph.inputs] == [False, True]
    assert cost(graph).params == 18


class FixedBatch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(1, 64)[:, :10]


class Table(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Buffer(torch.rand(64))

    def forward(self, x: Tensor) -> Tensor:
        return (x.flatten(1) * self.table)[:, :10]


@pytest.mark.parametrize(
    ("built", "error", "message"),
    [
        (None, ConfigError, "built NoneType, expected a torch module or a Graph"),
        (nn.Linear(3, 3), ImportingError, "cannot be read as a graph"),
        (nn.Flatten(), ConfigError, "expected scores of 10 classes"),
        (FixedBatch(), ConfigError, "only runs at batch size 1"),
        (Table(), ConfigError, "a tensor of its own"),
        (torch.jit.script(nn.ReLU()), ConfigError, "cannot be read as a graph"),
    ],
    ids=["nothing", "shapes", "classes", "batch", "table", "script"],
)
def test_modules_that_cannot_be_searched_are_refused(
    built: Any, error: type[Exception], message: str
) -> None:
    space = own_space(lambda trial, data: built, DIGITS, name="mine")
    with pytest.raises(error, match=message):
        space.graph({})


def test_failures_of_the_function_are_its_own() -> None:
    def broken(trial: Trial, data: Task) -> nn.Module:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        own_space(broken, DIGITS).graph({})
