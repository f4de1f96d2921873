from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file

import search_spaces
from nas.compile.module import to_module
from nas.data.catalog import load
from nas.graph.builder import GraphBuilder
from nas.task.task import Task
from tests.cli.program import ARCHITECTURE, OTHER, SPACE, nas

if TYPE_CHECKING:
    from nas.graph.graph import Graph

KEYS = {"parameters", "predicted", "opaque", "coverage", "seconds", "accuracy"}


def predict(hypernet, model, *words):
    return nas("predict", model, *SPACE, "--weights", hypernet, *words)


def graph(text: str) -> Graph:
    return (
        search_spaces.get(SPACE[1], Task(classes=10, channels=1, resolution=8))
        .graph(text)
        .simplified
    )


def test_the_predicted_weights_fill_the_network(hypernet):
    answer = predict(hypernet, ARCHITECTURE, "--out", "w.safetensors", "--json", "--quiet")

    assert (answer.code, answer.err) == (0, "")
    state = load_file("w.safetensors")
    module = to_module(graph(ARCHITECTURE))
    module.load_state_dict(state)
    assert torch.isfinite(module.eval()(torch.zeros(1, 1, 8, 8))).all()
    assert any(name.endswith("running_var") for name in state)
    total = sum(parameter.numel() for parameter in module.parameters())
    document = answer.document
    assert document.keys() >= KEYS
    assert document["parameters"] == document["predicted"] == total
    assert (document["opaque"], document["coverage"]) == ([], 1.0)
    assert document["seconds"].keys() >= {"import", "predict"}
    assert document["accuracy"] is None


def test_evaluate_gives_the_accuracy(hypernet):
    accuracy = predict(hypernet, ARCHITECTURE, "--evaluate", "--json").document["accuracy"]
    shown = predict(hypernet, ARCHITECTURE, "--evaluate")

    assert 0 < accuracy < 1
    assert f"{100 * accuracy:.2f}% ± " in shown.out
    assert "predicted.safetensors" in shown.out


def test_the_same_network_in_any_form_gets_the_same_weights(hypernet, finished):
    best = json.loads((finished / "result.json").read_text())["best"]["architecture"]
    states = []
    for model in (finished, finished / "best" / "architecture.json", best):
        answer = predict(hypernet, model, "--out", "w.safetensors")
        assert answer.code == 0, answer.err
        states.append(load_file("w.safetensors"))

    for other in states[1:]:
        assert states[0].keys() == other.keys()
        assert all(torch.equal(states[0][name], other[name]) for name in other)


def test_another_network_gets_other_weights(hypernet):
    for model, file in ((ARCHITECTURE, "a"), (OTHER, "b")):
        predict(hypernet, model, "--out", file)

    assert load_file("a").keys() != load_file("b").keys()


@pytest.mark.parametrize("place", ["folder", "file/w.safetensors"])
def test_a_place_that_cannot_be_a_file_is_refused(place, hypernet):
    Path("folder").mkdir()
    Path("file").touch()
    answer = predict(hypernet, ARCHITECTURE, "--out", place)

    assert answer.code == 1
    assert "cannot write to" in answer.error


@pytest.mark.parametrize("model", ["|none~0|", "none.json", "{}", "folder"])
def test_what_is_no_model_is_refused(model, hypernet):
    Path("folder").mkdir()
    answer = predict(hypernet, model)

    assert answer.code == 1
    assert not Path("predicted.safetensors").exists()
    assert answer.error


def test_weights_for_other_classes_are_refused(hypernet, images):
    answer = predict(hypernet, ARCHITECTURE, "--dataset", images, "--quiet")

    assert answer.code == 2
    assert "but 'images' has 3 channels and 2 classes" in answer.error


def test_a_corrupt_checkpoint_is_refused(hypernet, tmp_path):
    copy = shutil.copytree(hypernet, tmp_path / "copy")
    (copy / "model.safetensors").write_bytes(b"x" * 50)
    answer = predict(copy, ARCHITECTURE)

    assert answer.code == 1
    assert "corrupt" in answer.error


def test_a_run_brings_its_space_data_set_and_weights_along(finished, hypernet):
    """Without options the default space, and so its hypernetwork, would be taken."""
    plain = nas("predict", finished, "--weights", hypernet, "--out", "w", "--json")
    given = predict(hypernet, finished, "--out", "v", "--json")

    assert plain.code == given.code == 0, plain.err
    assert Path("w").read_bytes() == Path("v").read_bytes()


def test_the_weights_of_a_run_are_asked_for_by_their_name(finished):
    answer = nas("predict", finished)

    assert answer.code == 2
    assert "'tiny'" in answer.error
    assert "--weights DIR" in answer.err


def test_what_is_given_wins_over_the_run(finished, hypernet, images):
    answer = nas("predict", finished, "--weights", hypernet, "--dataset", images, "--quiet")

    assert answer.code == 2
    assert "but 'images' has 3 channels and 2 classes" in answer.error


def test_the_weights_in_a_directory_mean_the_directory(hypernet):
    words = ("--out", "w.safetensors")

    assert predict(hypernet / "model.safetensors", ARCHITECTURE, *words).code == 0
    assert Path("w.safetensors").is_file()


def test_a_resolution_of_the_space_is_that_of_the_images(hypernet):
    space = ("--space", f"{SPACE[1]},resolution=4")
    answers = [
        nas("predict", ARCHITECTURE, *given, "--weights", hypernet, "--out", name, "--evaluate")
        for name, given in (("small", space), ("large", SPACE))
    ]

    assert [answer.code for answer in answers] == [0, 0], answers[0].err
    mean = "stem.norm.running_mean"
    images = load("digits").at(4).train.spread(256).whole().inputs[0]
    state = load_file("small")
    weight = state["stem.conv.weight"]
    expected = torch.nn.functional.conv2d(images, weight, padding=1).mean((0, 2, 3))
    torch.testing.assert_close(state[mean], expected)
    assert not torch.allclose(load_file("large")[mean], expected)


@pytest.mark.parametrize("size", ["abc", "8.5", "0", "true"])
def test_a_resolution_that_is_no_number_of_pixels_is_refused(size, hypernet):
    space = f"{SPACE[1]},resolution={size}"
    answer = nas("predict", ARCHITECTURE, "--space", space, "--weights", hypernet)

    assert answer.code == 2
    assert "resolution must be a whole number of pixels" in answer.error


@pytest.mark.parametrize("count", [1, 2])
def test_a_graph_of_several_inputs_or_outputs_is_refused(count, hypernet):
    b = GraphBuilder()
    x = b.add(*(b.input((1, 1, 8, 8), name=f"x{number}") for number in range(count)))
    head = b.classifier(x, 10)
    Path("arch.json").write_text(b.build(*[head, b.relu(head)][: 3 - count]).to_json())
    answer = predict(hypernet, "arch.json")

    assert answer.code == 1
    assert "needs (1, 1, 8, 8) to (1, 10)" in answer.error
