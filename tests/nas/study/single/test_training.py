from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch_geometric.nn import GCNConv

import nas
from nas.errors import ConfigError, StudyError
from nas.evaluate.untrained import UntrainedWeights
from nas.events import Advanced, Event, Noted
from nas.exporting.files import Files
from nas.training.config import TrainConfig
from tests.nas.data.graphs import communities
from tests.nas.study.study_toys import DIGITS, ToyPredictor, toy_space

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.graph.graph import Graph

SPACE = toy_space()
PARAMS = {"label": "a", "depth": 1, "width0": 4, "kernel0": 3}


def test_a_module_is_trained_from_its_own_values(tmp_path: Path) -> None:
    layer = nn.Linear(64, 10)
    model = nn.Sequential(nn.Flatten(), layer)
    before = layer.weight.detach().clone()
    found = nas.train(model, "digits", epochs=1, lr=1e-9, out=tmp_path, device="cpu")
    assert torch.equal(layer.weight, before)
    trained = dict(found.module.named_parameters())["1.weight"]
    assert torch.allclose(trained, before, atol=1e-3)
    assert (found.figures.epochs, found.figures.params) == (1, 650)
    assert found.files.source.is_file()


def test_an_architecture_is_named_by_its_notation(tmp_path: Path) -> None:
    text = SPACE.encode(PARAMS)
    for _ in range(2):  # a finished training is returned
        found = nas.train(text, "digits", space=SPACE, epochs=2, out=tmp_path, device="cpu")
    assert found.figures.epochs == 2
    with pytest.raises(StudyError, match="epochs"):
        nas.train(text, "digits", space=SPACE, epochs=1, out=tmp_path, device="cpu")


def test_the_start_decides_where_an_architecture_begins(tmp_path: Path) -> None:
    graph = SPACE.graph(PARAMS)
    starts = ("default", "lsuv", "predicted", "fitted")
    trained = {
        init: nas.train(
            graph,
            "digits",
            epochs=1,
            space=SPACE,
            init=init,
            predictor=ToyPredictor(SPACE),
            out=tmp_path / init,
            device="cpu",
        )
        for init in starts
    }
    weights = [next(iter(one.module.parameters())) for one in trained.values()]
    assert all(not torch.allclose(one, other) for one, other in combinations(weights, 2))
    assert [one.start.start for one in trained.values()] == list(starts)
    card = json.loads((tmp_path / "fitted" / "start.json").read_text())
    assert card["layers"][-1]["given"].startswith("ridge regression")


def test_a_chosen_start_is_kept_when_the_training_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = SPACE.graph(PARAMS)
    heard: list[Event] = []
    settings: dict[str, Any] = {"epochs": 1, "init": "auto", "out": tmp_path, "device": "cpu"}
    monkeypatch.setattr("nas.training.starts.choose.STEPS", 3)
    first = nas.train(graph, "digits", listen=heard.append, **settings)
    said = [event.text for event in heard if isinstance(event, Noted)]
    assert said[0].startswith(f"Initial weights: {first.start.start} (default ")
    monkeypatch.setattr("nas.study.single.training.choose_start", None)
    assert nas.train(graph, "digits", **settings).start == first.start


def test_only_what_a_measurement_chose_is_taken_for_its_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = SPACE.graph(PARAMS)
    settings: dict[str, Any] = {"epochs": 1, "out": tmp_path, "device": "cpu"}
    with pytest.raises(ConfigError, match="no branch beside an identity shortcut"):
        nas.train(graph, "digits", init="fitted", drop_path=0.1, **settings)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "start.json").write_text("{}")
    nas.train(graph, "digits", **settings)
    assert json.loads((tmp_path / "start.json").read_text())["start"] == "default"
    with pytest.raises(StudyError, match="another initialisation"):
        nas.train(graph, "digits", init="fitted", **settings)
    assert json.loads((tmp_path / "start.json").read_text())["start"] == "default"
    heard: list[Event] = []
    monkeypatch.setattr("nas.training.starts.choose.STEPS", 0)
    with pytest.raises(StudyError, match="another initialisation"):  # it chooses fitted
        nas.train(graph, "digits", init="auto", listen=heard.append, **settings)
    assert any(isinstance(event, Noted) and "Initial" in event.text for event in heard)


@pytest.mark.parametrize("last", [1, 2])
def test_a_training_goes_on_without_making_its_initial_weights_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Advanced) and event.stage == "train" and event.done == last:
            raise KeyboardInterrupt

    graph = SPACE.graph(PARAMS)
    settings: dict[str, Any] = {"epochs": last, "init": "fitted", "device": "cpu"}
    whole = nas.train(graph, "digits", out=tmp_path / "whole", **settings)
    if last > 1:
        with pytest.raises(KeyboardInterrupt):
            nas.train(graph, "digits", out=tmp_path / "parts", listen=stop, **settings)
        place = tmp_path / "parts"
    else:
        place = tmp_path / "whole"
    monkeypatch.setattr("nas.study.single.training.initial_weights", None)
    again = nas.train(graph, "digits", out=place, **settings)
    assert again.figures.val_accuracy == whole.figures.val_accuracy
    assert [layer.given for layer in again.start.layers] == [
        layer.given for layer in whole.start.layers
    ]


class Rounded(ToyPredictor, nn.Module):
    """A hypernetwork whose last bits change, as with another number of threads."""

    def __init__(self, scale: float, error: float) -> None:
        nn.Module.__init__(self)
        ToyPredictor.__init__(self, SPACE)
        self.scale = nn.Parameter(torch.tensor(scale))
        self._error = error

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        factor = float(self.scale) + self._error
        return [
            {name: factor * value for name, value in params.items()}
            for params in super().predict(graphs)
        ]


@pytest.mark.parametrize("init", ["predicted", "predicted-head"])
def test_a_training_goes_on_with_the_same_hypernetwork_whatever_its_last_bits(
    tmp_path: Path, init: str
) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Advanced) and event.stage == "train" and event.done == 2:
            raise KeyboardInterrupt

    def train(place: str, predictor: Rounded, **options: Any) -> nas.TrainedNetwork:
        settings = {"space": SPACE, "init": init, "epochs": 2, "device": "cpu", **options}
        graph, out = SPACE.graph(PARAMS), tmp_path / place
        return nas.train(graph, "digits", predictor=predictor, out=out, **settings)

    whole = train("whole", Rounded(1.0, 0.0))
    with pytest.raises(KeyboardInterrupt):
        train("parts", Rounded(1.0, 0.0), listen=stop)
    with pytest.raises(StudyError, match="another initialisation"):
        train("parts", Rounded(0.5, 0.0))
    again = train("parts", Rounded(1.0, 1e-6))
    assert again.figures.val_accuracy == whole.figures.val_accuracy


def test_every_seed_has_initial_weights_of_its_own(tmp_path: Path) -> None:
    nas.train(
        SPACE.graph(PARAMS),
        "digits",
        init="lsuv",
        repeats=2,
        epochs=1,
        lr=1e-9,
        out=tmp_path,
        device="cpu",
    )
    folders = (tmp_path / "repeats" / f"seed-{seed}" for seed in (0, 1))
    first, second = (load_file(Files(folder).weights) for folder in folders)
    different = [name for name in first if not torch.allclose(first[name], second[name])]
    assert any(first[name].dim() == 4 for name in different)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (3, {}, "expected a torch module, a nas.Graph, a nas.Candidate, or a notation"),
        ("text", {}, "got str 'text'"),
        (SPACE.graph(PARAMS), {"init": "predicted"}, "needs the space of the architecture"),
        (
            SPACE.graph(PARAMS),
            {"init": "predicted", "space": SPACE, "predictor": UntrainedWeights(DIGITS)},
            "there is no hypernetwork to predict weights",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused(
    network: object, options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        nas.train(network, "digits", out=tmp_path, device="cpu", **options)  # type: ignore[arg-type]


def test_a_recipe_is_chosen_by_the_number_of_samples(tmp_path: Path) -> None:
    digits = nas.load_dataset("digits")
    few = replace(digits, train=digits.train.subset(slice(0, 200)))
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    sizes = {}
    for name, data in (("all", digits), ("few", few)):
        nas.train(model, data, epochs=1, out=tmp_path / name, device="cpu")
        record = json.loads((tmp_path / name / "training.json").read_text())
        sizes[name] = record["identity"]["config"]["batch_size"]
    assert sizes == {"all": 64, "few": 32}
    with pytest.raises(ConfigError, match="either a configuration of the training or a recipe"):
        nas.train(model, few, TrainConfig(), recipe="plain", out=tmp_path / "both")


def test_a_module_on_a_graph_is_trained_with_the_methods_for_nodes(tmp_path: Path) -> None:
    data = communities()

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = GCNConv(data.task.features, data.task.classes)

        def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
            scores: torch.Tensor = self.conv(x, edge_index)
            return scores

    torch.manual_seed(0)
    settings: dict[str, Any] = {"balanced": True, "ema": 0.9, "keep": "best", "patience": 20}
    settings |= {"lr": 0.05, "epochs": 150}
    teacher = nas.train(Net(), data, out=tmp_path / "a", device="cpu", **settings)
    assert teacher.figures.test_accuracy > 0.6
    found = nas.train(Net(), data, teacher=tmp_path / "a", epochs=20, out=tmp_path / "b")
    assert found.figures.epochs == 20
    with pytest.raises(ConfigError, match="mixup cannot be used for this task"):
        nas.train(Net(), data, recipe="long", out=tmp_path / "c")
