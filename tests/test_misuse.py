"""Wrong calls of public functions: each is refused with a sentence that names what came."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import pytest
import torch
from torch import nn

import hypernets
import nas
import search_spaces
from nas.analysis.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATA = nas.load_dataset("digits")
SPACE = search_spaces.get("nasnet:channels=4", DATA.task)
IMAGES = torch.zeros(6, 1, 8, 8, dtype=torch.uint8)
LABELS = torch.arange(6) % 2
PARTS: Any = ([0, 1], [2], [3])
FORWARD = nn.Linear(64, 10)


@cache
def hypernet() -> Any:
    return hypernets.load("nasnet-digits")


@cache
def graph() -> nas.Graph:
    b, x = builder()
    return b.build(b.classifier(b.conv2d(x, 4), 10))


def builder() -> Any:
    b = nas.GraphBuilder()
    return b, b.input((1, 1, 8, 8))


def on_builder(call: Callable[[Any, Any], object]) -> Callable[[], object]:
    return lambda: call(*builder())


def search(space: Any = SPACE, data: Any = DATA, *more: Any, **options: Any) -> Callable[[], Any]:
    return lambda: nas.search(space, data, *more, **options)


def made(**changes: Any) -> Callable[[], Any]:
    given: dict[str, Any] = {"images": IMAGES, "labels": LABELS, "classes": 2, "parts": PARTS}
    return lambda: nas.make_dataset(**{"name": "mine", **given, **changes})


def build(trial: Any, task: Any) -> nn.Module:
    return FORWARD


def build_of_one(trial: Any) -> nn.Module:
    return FORWARD


def node_count(network: Any) -> int:
    return len(network.nodes)


def as_any(thing: Any) -> Any:
    """Hides from the type checker what is wrong on purpose."""
    return thing


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "no space": (search(None), "expected a search space as a name.* got None"),
    "a module as space": (
        search(FORWARD),
        r"expected a search space.* got Linear\(in_features=64",
    ),
    "a class of modules": (search(nn.Linear), "expected a search space.* got class Linear"),
    "a graph as space": (
        lambda: nas.search(as_any(graph()), DATA),
        r"expected a search space.* got Graph\(x",
    ),
    "the abstract space": (search(nas.SearchSpace), "expected a search space.* class SearchSpace"),
    "space and data swapped": (search(DATA, SPACE), r"expected a data set.* got NasNet\(channels"),
    "names swapped": (search("digits", "nasnet"), "unknown data set 'nasnet'"),
    "a build function of one argument": (
        search(build_of_one),
        r"expected a function build\(trial, task\).* got build_of_one\(trial",
    ),
    "an array as data": (search(data=np.zeros((3, 8))), r"a data set.* ndarray of shape \(3, 8\)"),
    "no data": (search(data=None), "expected a data set as a name, a path, .* got None"),
    "a module as predictor": (search(SPACE, DATA, FORWARD), "expected a predictor.* got Linear"),
    "a class as predictor": (
        search(SPACE, DATA, hypernets.GraphHyperNetwork),
        "expected a predictor.* got class GraphHyperNetwork",
    ),
    "an unknown predictor": (search(SPACE, DATA, "nasnet-digit"), "Did you mean 'nasnet-digits'"),
    "a dictionary as configuration": (
        search(SPACE, DATA, None, {"n_trials": 3}),
        "expected a configuration, got {'n_trials': 3}",
    ),
    "another configuration": (
        search(SPACE, DATA, None, DATA.task),
        r"expected config as a nas.study.SearchConfig, got Task\(",
    ),
    "an unknown option": (search(trials=3), "no key 'trials'. Did you mean 'n_trials'"),
    "a text as number": (search(n_trials="many"), "n_trials must be int, got 'many'"),
    "a class as sampler": (
        search(sampler=optuna.samplers.TPESampler),
        "expected a sampler as a name or an optuna.*, got class TPESampler",
    ),
    "a number as sampler": (search(sampler=3), "expected a sampler.* got int 3"),
    "a number as objective": (search(objectives=3), "expected objectives as texts.* got int 3"),
    "a dictionary of objectives": (
        search(objectives={"accuracy": "max"}),
        "expected objectives as texts.* got dict {'accuracy': 'max'}",
    ),
    "no objective": (search(objectives=None), "expected objectives as texts.* got None"),
    "a function without direction": (
        search(objectives=node_count),
        r"'node_count' as an objective needs a direction.*\[\(node_count, \"max\"\)\]",
    ),
    "a dictionary of constraints": (
        search(constraints={"params": 2e6}),
        "expected constraints as texts, got dict {'params': 2000000.0}",
    ),
    "a strict constraint": (search(constraints="params<2e6"), "cannot read the constraint"),
    "a listener that is none": (search(listen=True), "expected listen as a function.* bool True"),
    "a number as folder": (search(out=3), r"out must be Path \| None, got 3"),
    "a device of torch": (search(device=torch.device("cpu")), "device must be str, got device"),
    "a dictionary as scoring": (search(scoring={"images": 3}), "scoring must be ScoreConfig, got"),
    "a list of baselines": (
        search(baselines=[FORWARD]),
        "expected baselines as networks by name, got list",
    ),
    "a ranking of a number": (
        lambda: nas.rank(SPACE, DATA, None, as_any(3)),
        "expected a list of architectures, got int 3",
    ),
    "a ranking of nothing": (
        lambda: nas.rank(SPACE, DATA),
        "give either architectures, or the number of a sample",
    ),
    "a space for data": (
        lambda: search_spaces.NasNet(task=as_any(DATA)),
        r"expected a nas.Task, got Dataset\('digits'",
    ),
    "data of another task": (search("gnn"), "space 'gnn' needs a task on nodes"),
    "a space of another task": (
        search(search_spaces.get("nasnet", nas.Task(classes=3, channels=3, resolution=32))),
        "builds networks for classes = 3, but data set 'digits' has 10",
    ),
    "load_dataset of nothing": (
        lambda: nas.load_dataset(as_any(None)),
        "expected the name or path of a data set, got None",
    ),
    "load_dataset of a tensor": (
        lambda: nas.load_dataset(as_any(IMAGES)),
        r"expected the name or path of a data set, got Tensor of shape \(6, 1, 8, 8\)",
    ),
    "load_dataset with a text as seed": (
        lambda: nas.load_dataset("digits", seed=as_any("a")),
        "expected seed as a whole number, got str 'a'",
    ),
    "load_dataset from a number": (
        lambda: nas.load_dataset("cifar10", data_dir=as_any(3)),
        "expected data_dir as a path, got int 3",
    ),
    "own_space of data": (
        lambda: nas.own_space(build, as_any(DATA)),
        r"expected a nas.Task, got Dataset\('digits'.* data.task",
    ),
    "own_space swapped": (
        lambda: nas.own_space(as_any(DATA.task), as_any(build)),
        "expected a nas.Task, got function build",
    ),
    "own_space of a class": (
        lambda: nas.own_space(as_any(nn.Linear), DATA.task),
        "expected a function build.* got class Linear",
    ),
    "own_space with a number as name": (
        lambda: nas.own_space(build, DATA.task, name=as_any(3)),
        "expected the name of a space as a text, got int 3",
    ),
    "an architecture that is none": (
        lambda: SPACE.graph(as_any(3)),
        "expected an architecture of space 'nasnet'.* got int 3",
    ),
    "an unknown macro size": (lambda: SPACE.at(chanels=3), "Did you mean 'channels'"),
    "a text as macro size": (lambda: SPACE.at(channels="many"), "channels must be .* got 'many'"),
    "cost of a module": (
        lambda: nas.cost(as_any(FORWARD)),
        r"expected a nas.Graph, got Linear\(in_features=64.*from_module",
    ),
    "to_module of a file": (
        lambda: nas.to_module(as_any("architecture.json")),
        "expected a nas.Graph, got str 'architecture.json'.*Graph.from_json",
    ),
    "Graph.from_json of a dictionary": (
        lambda: nas.Graph.from_json(as_any({"a": 1})),
        "expected a graph as JSON.* got dict {'a': 1}",
    ),
    "hypernets.load of nothing": (
        lambda: hypernets.load(as_any(None)),
        "expected the name or directory of a hypernetwork, got None",
    ),
    "a hypernetwork asked for one graph": (
        lambda: hypernet().predict(graph()),
        r"expected a list of graphs, got Graph\(x.* predict\(\[graph\]\)",
    ),
    "a hypernetwork asked for modules": (
        lambda: hypernet().embed([FORWARD]),
        "expected a nas.Graph, got Linear",
    ),
    "predict_module swapped": (
        lambda: hypernets.predict_module(as_any(FORWARD), hypernet()),
        "expected a hypernetwork as the predictor, got Linear",
    ),
    "predict_module of a graph": (
        lambda: hypernets.predict_module(hypernet(), as_any(graph())),
        r"expected a torch module.* got Graph\(x",
    ),
    "search_spaces.get of data": (
        lambda: search_spaces.get("nasnet", as_any(DATA)),
        r"expected a nas.Task, got Dataset\('digits'",
    ),
    "search_spaces.get of a class": (
        lambda: search_spaces.get(as_any(search_spaces.NasNet), DATA.task),
        "expected the name of a search space, got class NasNet",
    ),
    "images that are no bytes": (
        made(images=IMAGES.float()),
        "images in bytes, got torch.float32",
    ),
    "images of numpy": (made(images=IMAGES.numpy()), "images as a dense tensor, got ndarray"),
    "a tensor as name": (
        made(name=IMAGES),
        "expected the name of a data set first, got Tensor of shape",
    ),
    "parts that overlap": (made(parts=([0], [0], [1])), "the splits of 'mine' share 1 image"),
    "nodes without parts": (
        lambda: nas.make_node_dataset(
            "mine",
            torch.rand(6, 3),
            torch.zeros(2, 4).long(),
            LABELS,
            classes=2,
            parts=as_any(None),
        ),
        "'mine' needs parts as a tuple of train, val and test, got None",
    ),
    "an input without shape": (
        lambda: nas.GraphBuilder().input(as_any("x")),
        "expected the shape of an input as positive whole numbers, got str 'x'",
    ),
    "a builder given a tensor": (
        on_builder(lambda b, x: b.conv2d(torch.zeros(1, 1, 8, 8), 4)),
        r"expected values that a GraphBuilder returned, got Tensor of shape \(1, 1, 8, 8\)",
    ),
    "a builder given a name": (
        on_builder(lambda b, x: b.batch_norm("x")),
        "expected values that a GraphBuilder returned, got str 'x'",
    ),
    "a builder given a text as width": (
        on_builder(lambda b, x: b.conv2d(x, "4")),
        "out_channels must be a positive whole number, got '4'",
    ),
    "a builder given a module": (
        on_builder(lambda b, x: b.op(FORWARD, x)),
        "expected an operation of nas.graph.ops, got Linear",
    ),
    "a graph of no value": (
        on_builder(lambda b, x: b.build(None)),
        "expected values that a GraphBuilder returned, got None",
    ),
    "a figure that is a function": (
        lambda: nas.figures.register("node_count")(as_any(node_count)),
        "expected Figure as figure 'node_count', got function node_count",
    ),
    "a figure without a name": (
        lambda: nas.figures.register(as_any(node_count)),
        "expected the name of a figure.* got function node_count",
    ),
    "a figure that exists": (
        lambda: nas.figures.register("params")(Figure(direction="minimize")),
        "figure 'params' is registered already",
    ),
    "a figure of another direction": (
        lambda: Figure(direction=as_any("up")),
        "direction of a figure is minimize or maximize, got str 'up'",
    ),
    "a task of a text": (
        lambda: nas.Task(classes=as_any("10"), channels=1, resolution=8),
        "classes must be int, got '10'",
    ),
    "a task of no classes": (
        lambda: nas.Task(classes=0, channels=1, resolution=8),
        "classes of a task must be at least 1, got 0",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_refused_with_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call, expected = WRONG[name]
    with pytest.raises(nas.NasError, match=f"(?s){expected}") as caught:
        call()
    assert len(str(caught.value)) < 400
    assert " object at 0x" not in str(caught.value)
    assert not list(tmp_path.iterdir())
