from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch

from nas.analysis.cost import cost
from nas.errors import GraphError, StudyError
from nas.events import Advanced, Event
from nas.exporting.files import Files
from nas.exporting.final_training import train_and_save
from nas.exporting.save import load_module
from nas.graph.builder import GraphBuilder
from nas.training.config import TrainConfig
from nas.training.evaluate import evaluate
from tests.nas.training.train_toys import toy_data, toy_graph

if TYPE_CHECKING:
    from pathlib import Path

SHORT = TrainConfig(epochs=2, batch_size=8)


def run(directory: Path, **options: Any):
    """One training; its result and the epochs that were heard of."""
    heard: list[int] = []

    def listen(event: Event) -> None:
        if isinstance(event, Advanced):
            heard.append(event.done)

    given = {"graph": toy_graph(), "data": toy_data(), "config": SHORT, **options}
    return train_and_save(directory=directory, listen=listen, **given), heard


def test_the_written_network_has_the_accuracies_of_the_result(tmp_path: Path) -> None:
    result, epochs = run(tmp_path)
    module = load_module(toy_graph(), tmp_path)
    assert result.test_accuracy == evaluate(module, toy_data().test).accuracy
    assert result.val_accuracy == evaluate(module, toy_data().val).accuracy
    costs = cost(toy_graph())
    assert (result.params, result.macs, result.epochs) == (costs.params, costs.macs, 2)
    assert epochs == [1, 2]
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_a_finished_one_gives_its_result_again(tmp_path: Path) -> None:
    first, _ = run(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    again, epochs = run(tmp_path)
    assert again == first
    assert epochs == []
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


def test_one_whose_model_was_deleted_is_trained_again(tmp_path: Path) -> None:
    first, _ = run(tmp_path)
    Files(tmp_path).weights.unlink()
    again, epochs = run(tmp_path)
    assert epochs == [1, 2]
    assert again.test_accuracy == first.test_accuracy
    assert Files(tmp_path).weights.exists()


START = {name: torch.ones(spec.shape) for name, spec in toy_graph().parameters().items()}
OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "network": ({"graph": toy_graph(width=5)}, "architecture"),
    "epochs": ({"config": TrainConfig(epochs=3, batch_size=8)}, "config"),
    "data": ({"data": toy_data(seed=1)}, "data"),
    "start": ({"params": START}, "initialisation"),
    "seed": ({"seed": 1}, "seed"),
}


@pytest.mark.parametrize(("options", "said"), OTHERS.values(), ids=OTHERS.keys())
def test_another_training_is_refused(options, said: str, tmp_path: Path) -> None:
    run(tmp_path)
    content = Files(tmp_path).weights.read_bytes()
    with pytest.raises(StudyError, match=f"was made with another {said}: ") as caught:
        run(tmp_path, **options)
    assert "--out" in caught.value.hint
    assert ("--recipe plain" in caught.value.hint) == (said == "config")
    assert Files(tmp_path).weights.read_bytes() == content


class Stop(Exception):
    pass


def stop(event: Event) -> None:
    """Breaks off in the second epoch; the first is stored by then."""
    if isinstance(event, Advanced) and event.done == 2:
        raise Stop


def test_a_stopped_one_goes_on_and_ends_as_if_it_had_not(tmp_path: Path) -> None:
    whole, _ = run(tmp_path / "whole")
    with pytest.raises(Stop):
        train_and_save(toy_graph(), toy_data(), tmp_path / "parts", SHORT, listen=stop)
    parts, epochs = run(tmp_path / "parts")
    assert epochs == [2]
    assert (parts.val_accuracy, parts.test_accuracy) == (whole.val_accuracy, whole.test_accuracy)


def test_a_stopped_one_is_not_continued_by_another(tmp_path: Path) -> None:
    with pytest.raises(Stop):
        train_and_save(toy_graph(), toy_data(), tmp_path, SHORT, listen=stop)
    with pytest.raises(StudyError, match="another initialisation"):
        run(tmp_path, params=START)


def test_a_model_of_another_origin_is_left_alone(tmp_path: Path) -> None:
    Files(tmp_path).weights.write_bytes(b"precious")
    with pytest.raises(StudyError, match="another origin"):
        run(tmp_path)
    assert Files(tmp_path).weights.read_bytes() == b"precious"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"identity": 1, "result": null}'])
def test_a_damaged_record_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "training.json").write_text(content)
    with pytest.raises(StudyError, match=r"training\.json' is damaged"):
        run(tmp_path)


def test_the_record_is_json(tmp_path: Path) -> None:
    result, _ = run(tmp_path)
    document = json.loads((tmp_path / "training.json").read_text())
    assert document["result"]["test_accuracy"] == result.test_accuracy
    assert document["identity"]["initialisation"] == "default"


def test_data_are_taken_at_the_networks_resolution(tmp_path: Path) -> None:
    b = GraphBuilder()
    graph = b.build(b.classifier(b.batch_norm(b.conv2d(b.input((1, 3, 4, 4)), 4)), 3))
    result, _ = run(tmp_path, graph=graph)
    module = load_module(graph, tmp_path)
    assert result.test_accuracy == evaluate(module, toy_data().at(4).test).accuracy


def test_what_cannot_be_run_is_refused_before_the_training(tmp_path: Path) -> None:
    b = GraphBuilder()
    x = b.embedding(b.input((1, 3, 8, 8)), 5, 2)  # of pixels, which are no whole numbers
    graph = b.build(b.linear(b.flatten(x), 3))
    with pytest.raises(GraphError, match=r"the network cannot be run: Expected tensor.*indices"):
        run(tmp_path / "out", graph=graph)
    assert not (tmp_path / "out").exists()


def test_a_network_without_parameters_is_refused_before_the_training(tmp_path: Path) -> None:
    b = GraphBuilder()
    graph = b.build(b.flatten(b.global_avg_pool(b.input((1, 3, 8, 8)))))
    with pytest.raises(GraphError, match="no parameters, so there is nothing to train"):
        run(tmp_path / "out", graph=graph)
    assert not (tmp_path / "out").exists()


def test_a_network_for_other_data_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    b = GraphBuilder()
    graph = b.build(b.classifier(b.input((1, 1, 8, 8)), 3))
    with pytest.raises(GraphError, match="needs"):
        run(tmp_path / "out", graph=graph)
    assert not (tmp_path / "out").exists()
