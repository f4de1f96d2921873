from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from nas.graph.graph import Graph
from nas.metric import accuracy_error
from tests.cli.program import ARCHITECTURE, ON_DIGITS, OTHER, SPACE, nas


def train(architecture, *words):
    return nas("train", architecture, *ON_DIGITS, "--max-epochs", 1, *words)


def test_json_tells_accuracy_size_and_where_the_model_lies():
    answer = train(ARCHITECTURE, "--out", "trained", "--json", "--quiet")

    assert (answer.code, answer.err) == (0, "")
    document = answer.document
    assert document.keys() >= {"val_accuracy", "test_accuracy", "params", "macs", "seconds"}
    assert 0 <= document["test_accuracy"] <= 1
    assert document["epochs"] == 1
    assert document["files"] == {
        "model": str(Path("trained", "model.py")),
        "weights": str(Path("trained", "model.safetensors")),
    }
    assert all(Path(file).is_file() for file in document["files"].values())


def test_a_network_learns():
    answer = nas("train", ARCHITECTURE, *ON_DIGITS, "--max-epochs", 6, "--json", "--quiet")

    assert answer.document["test_accuracy"] > 0.5


def test_without_json_there_are_lines_for_people():
    answer = train(ARCHITECTURE)

    assert answer.code == 0
    assert re.search(r"test accuracy +\d+\.\d\d% ± \d\.\d\d\n", answer.out)
    assert "from default weights" in answer.out
    assert answer.err.startswith("train: 1/1")
    assert len(list(Path("runs").glob("train-*/model.py"))) == 1


def test_the_worst_classes_are_shown_and_the_json_has_all(monkeypatch):
    document = train(ARCHITECTURE, "--json").document
    rows = document["by_class"]
    assert [row["name"] for row in rows] == list("0123456789")
    right = sum(row["accuracy"] * row["samples"] for row in rows)
    assert right / sum(row["samples"] for row in rows) == pytest.approx(document["test_accuracy"])
    monkeypatch.setattr("cli.commands.train._CLASSES", 3)
    shown = train(ARCHITECTURE).out
    assert "the 3 worst of 10 classes:" in shown
    worst = sorted(rows, key=lambda row: row["accuracy"])[:3]
    table = [line.split() for line in shown.splitlines()[-3:]]
    for row, (name, accuracy, _, error, samples) in zip(worst, table, strict=True):
        assert (name, samples) == (row["name"], str(row["samples"]))
        assert accuracy == f"{100 * row['accuracy']:.2f}%"
        expected = accuracy_error(row["accuracy"], row["samples"])
        assert float(error) == pytest.approx(100 * expected, abs=0.01)


def test_a_finished_training_of_an_earlier_version_is_shown():
    first = train(ARCHITECTURE, "--json", "--out", "a").document
    record = json.loads(Path("a/training.json").read_text())
    del record["result"]["by_class"]
    Path("a/training.json").write_text(json.dumps(record))
    again = train(ARCHITECTURE, "--json", "--out", "a").document
    assert again == {**first, "by_class": []}


def test_an_architecture_may_be_a_run_a_graph_file_or_a_notation(finished):
    best = json.loads((finished / "result.json").read_text())["best"]
    for number, given in enumerate(
        (finished, finished / "best" / "architecture.json", best["architecture"])
    ):
        answer = train(given, "--out", f"out{number}", "--json")

        assert answer.code == 0, answer.err
        assert answer.document["params"] == best["params"]


def test_training_may_start_from_predicted_weights(hypernet):
    words = ("--weights", hypernet, "--json", "--init")
    default = train(ARCHITECTURE, "--out", "a", "--json").document
    predicted = train(ARCHITECTURE, "--out", "b", *words, "predicted").document
    head = train(ARCHITECTURE, "--out", "c", *words, "predicted-head").document

    assert (predicted["init"], head["init"]) == ("predicted", "predicted-head")
    files = [Path(one["files"]["weights"]) for one in (default, predicted, head)]
    assert len({file.read_bytes() for file in files}) == 3


def test_another_start_in_the_same_folder_is_refused_and_a_finished_one_shown_again(hypernet):
    words = (ARCHITECTURE, "--weights", hypernet, "--out", "a", "--json", "--init")
    first = train(*words, "predicted-head")
    again = train(*words, "predicted-head")
    other = train(*words, "predicted")

    assert again.document == first.document
    assert other.code == 1
    assert "was made with another initialisation" in other.error


def test_each_architecture_has_a_default_folder_of_its_own():
    answers = [train(text, "--json") for text in (ARCHITECTURE, OTHER)]
    folders = [Path(answer.document["files"]["model"]).parent for answer in answers]

    assert sorted(Path("runs").iterdir()) == sorted(folders)
    for folder in folders:
        graph = Graph.from_json((folder / "architecture.json").read_text())
        assert folder.name == f"train-{graph.hash()[:8]}"
        assert not (folder / "checkpoint.safetensors").exists()


def test_a_finished_command_shows_its_result_again():
    first = train(ARCHITECTURE, "--json")
    again = train(ARCHITECTURE, "--json")

    assert "train: 1/1" in first.err
    assert (again.code, again.err) == (0, "")
    assert again.document == first.document


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((OTHER, *ON_DIGITS), "architecture"),
        ((ARCHITECTURE, *ON_DIGITS, "--seed", 1), "seed"),
        ((ARCHITECTURE, *ON_DIGITS, "--max-epochs", 2), "config"),
    ],
)
def test_another_training_in_the_same_folder_is_refused(words, said):
    train(ARCHITECTURE, "--out", "a")
    before = Path("a/model.safetensors").read_bytes()
    answer = nas("train", "--max-epochs", 1, *words, "--out", "a")

    assert answer.code == 1
    assert f"the training in 'a' was made with another {said}: " in answer.error
    assert Path("a/model.safetensors").read_bytes() == before


def test_a_run_brings_its_space_data_set_and_weights_along(finished, hypernet):
    words = ("--init", "predicted", "--weights", hypernet, "--max-epochs", 1, "--json")
    plain = nas("train", finished, *words, "--out", "a")
    given = train(finished, *words, "--out", "b")

    assert plain.code == given.code == 0, plain.err
    assert plain.document["val_accuracy"] == given.document["val_accuracy"]


def test_a_resolution_of_the_space_is_that_of_the_images():
    small = train(ARCHITECTURE, "--space", f"{SPACE[1]},resolution=4", "--json")

    assert small.code == 0, small.err
    assert small.document["macs"] * 3 < train(ARCHITECTURE, "--json").document["macs"]


def test_threads_can_be_given(monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr("torch.set_num_threads", asked.append)
    train(ARCHITECTURE, "--out", "a")
    train(ARCHITECTURE, "--out", "b", "--threads", 2)

    assert asked == [1, 2]


def test_an_interrupted_training_goes_on_after_its_last_epoch(monkeypatch):
    words = ("train", ARCHITECTURE, *ON_DIGITS, "--max-epochs", 3)
    whole = nas(*words, "--out", "whole", "--json").document

    def interrupt(self, event):
        if getattr(event, "done", 0) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cli.progress.Display.__call__", interrupt)
        stopped = nas(*words, "--out", "parts")
    answer = nas(*words, "--out", "parts", "--json")

    assert stopped.code == 130
    assert "repeat the command to go on" in stopped.err
    assert answer.document["val_accuracy"] == whole["val_accuracy"]
    assert "1/3" not in answer.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--max-epochs", 0), 2, "epochs must be at least 1, got 0"),
        (("--init", "best"), 2, "'best' is not one of"),
        (("--out", "file"), 1, "cannot write to 'file': it is a file"),
        (("--out", "file/below"), 1, "cannot write to 'file/below'"),
        (("--init", "predicted", "--weights", "none/x"), 1, "expected a hypernetwork directory"),
    ],
)
def test_a_bad_value_is_explained_before_anything_is_trained(words, code, said):
    Path("file").touch()
    answer = train(ARCHITECTURE, *words)

    assert answer.code == code
    assert said in answer.error


@pytest.mark.parametrize("name", ["{}", "none.json", "folder", "|none~0|"])
def test_what_is_no_architecture_is_refused(name):
    Path("folder").mkdir()
    answer = train(name)

    assert answer.code == 1
    assert answer.error


def test_a_run_for_other_data_is_refused(finished, images):
    answer = train(finished, "--dataset", images)

    assert answer.code == 1
    assert (
        "maps (1, 1, 8, 8) to (1, 10), but data set 'images' needs (1, 3, 8, 8) to (1, 2)"
        in answer.err
    )


def test_a_damaged_training_state_is_named(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "checkpoint.safetensors").write_bytes(b"x" * 50)
    answer = train(ARCHITECTURE, "--out", "out")

    assert answer.code == 1
    assert "checkpoint.safetensors' is corrupt" in answer.error


def test_the_model_of_a_search_is_not_overwritten(finished, tmp_path):
    copy = shutil.copytree(finished / "best", tmp_path / "out")
    before = (copy / "model.safetensors").read_bytes()
    answer = train(ARCHITECTURE, "--out", copy)

    assert answer.code == 1
    assert "holds a model of another origin" in answer.error
    assert (copy / "model.safetensors").read_bytes() == before


def test_the_module_of_a_custom_space_is_trained_itself(tmp_path):
    space = tmp_path / "mine.py"
    space.write_text(
        "from torch import nn\n"
        "def build(trial, data):\n"
        "    width = trial.suggest_categorical('width', [8, 16])\n"
        "    frozen = nn.Linear(data.resolution**2, width).requires_grad_(False)\n"
        "    nn.init.ones_(frozen.weight)\n"
        "    head = nn.Linear(width, data.classes)\n"
        "    return nn.Sequential(nn.Flatten(), frozen, nn.ReLU(), head)\n"
    )
    words = ("--space", f"{space}:build", "--dataset", "digits", "--max-epochs", 1)
    answer = nas("train", '{"width":8}', *words, "--out", "out", "--json")

    assert answer.code == 0, answer.err
    weights = load_file(Path("out", "model.safetensors"))
    assert weights.keys() == {"1.weight", "1.bias", "3.weight", "3.bias"}
    assert torch.equal(weights["1.weight"], torch.ones(8, 64))


def test_several_seeds_are_summed_up():
    answer = train(ARCHITECTURE, "--repeats", 2, "--log", "csv", "--out", "a", "--json")
    assert answer.code == 0, answer.err
    document = answer.document
    assert [one["seed"] for one in document["repeats"]] == [0, 1]
    assert document["val_accuracy"] == max(one["val_accuracy"] for one in document["repeats"])
    tested = [one["test_accuracy"] for one in document["repeats"]]
    assert document["over_seeds"]["test_accuracy"]["mean"] == pytest.approx(sum(tested) / 2)
    assert Path("a/repeats/seed-1/log.csv").read_text().startswith("epoch,train_loss,")
    shown = train(ARCHITECTURE, "--repeats", 2, "--log", "csv", "--out", "a").out
    assert re.search(r"over 2 seeds +\d+\.\d\d% ± \d+\.\d\d \(standard deviation\)", shown)


def test_a_finished_training_teaches_another_one():
    train(ARCHITECTURE, "--out", "a")
    words = ("--recipe", "plain", "--json", "--max-epochs", 1)
    alone = nas("train", OTHER, *ON_DIGITS, *words, "--out", "b").document
    taught = nas("train", OTHER, *ON_DIGITS, *words, "--teacher", "a", "--out", "c")
    assert taught.code == 0, taught.err
    assert taught.document["val_accuracy"] != alone["val_accuracy"]


def test_settings_change_the_recipe():
    words = ("--no-decay-norms", "--batch-size", 32, "--keep", "best", "--patience", 5)
    answer = train(ARCHITECTURE, "--recipe", "plain", *words, "--out", "a", "--json")
    assert answer.code == 0, answer.err
    assert answer.document["recipe"] == "plain"
    config = json.loads(Path("a/training.json").read_text())["identity"]["config"]
    assert (config["batch_size"], config["decay_norms"], config["patience"]) == (32, False, 5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--recipe", "best"), "unknown recipe 'best'"),
        (("--patience", 3, "--keep", "last"), "a training with patience"),
        (("--mixup", 1.2), "mixup must lie in [0, 1], got 1.2"),
    ],
)
def test_a_bad_setting_is_one_sentence(words, said):
    answer = train(ARCHITECTURE, *words)
    assert answer.code in (1, 2)
    assert said in answer.error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--teacher", "none"), "no file 'none'"),
        (("--teacher-weights", "none"), "there is no teacher for teacher_weights"),
        (
            ("--temperature", 2, "--teacher-share", 0.3),
            "there is no teacher for temperature and teacher_share",
        ),
    ],
)
def test_a_missing_teacher_is_found_before_a_folder_is_made(words, said):
    before = set(Path().iterdir())
    answer = train(ARCHITECTURE, *words)
    assert answer.code in (1, 2)
    assert said in answer.error
    assert set(Path().iterdir()) == before
