from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.program import ARCHITECTURE, OTHER, SPACE, nas


def train(architecture, *words):
    return nas("train", architecture, *SPACE, "--max-epochs", 1, *words)


def test_json_tells_accuracy_size_and_where_the_model_lies():
    answer = train(ARCHITECTURE, "--out", "trained", "--json", "--quiet")

    assert (answer.code, answer.err) == (0, "")
    document = answer.document
    assert document.keys() >= {"val_accuracy", "test_accuracy", "params", "macs", "seconds"}
    assert 0 <= document["test_accuracy"] <= 1
    assert document["epochs"] == 1
    assert Path(document["files"]["model"], "model.py").is_file()
    assert Path(document["files"]["model"], "model.safetensors").is_file()


def test_a_network_learns():
    answer = nas("train", ARCHITECTURE, *SPACE, "--max-epochs", 6, "--json", "--quiet")

    assert answer.document["test_accuracy"] > 0.5


def test_without_json_there_are_lines_for_people():
    answer = train(ARCHITECTURE)

    assert answer.code == 0
    assert "test accuracy" in answer.out
    assert "from default weights" in answer.out
    assert answer.err.startswith("train: 1/1")
    assert Path("runs/train/model.py").is_file()


def test_an_architecture_may_be_a_run_a_graph_file_or_a_notation(finished):
    best = json.loads((finished / "result.json").read_text())["best"]
    for number, given in enumerate(
        (finished, finished / "best" / "architecture.json", best["architecture"])
    ):
        answer = train(given, "--out", f"out{number}", "--json")

        assert answer.code == 0, answer.err
        assert answer.document["params"] == best["params"]


def test_training_may_start_from_predicted_weights(hypernet):
    words = ("--init", "predicted", "--weights", hypernet)
    default = train(ARCHITECTURE, "--out", "a", "--json").document
    predicted = train(ARCHITECTURE, *words, "--out", "b", "--json").document

    assert predicted["init"] == "predicted"
    assert predicted["val_accuracy"] != default["val_accuracy"]


def test_the_same_folder_serves_one_training_after_the_other():
    first = train(ARCHITECTURE, "--json").document
    other = train(OTHER, "--json")

    assert other.code == 0, other.err
    assert other.document["params"] < first["params"]
    assert not Path("runs/train/checkpoint.safetensors").exists()


def test_an_interrupted_training_goes_on_after_its_last_epoch(monkeypatch):
    words = ("train", ARCHITECTURE, *SPACE, "--max-epochs", 3)
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
        "maps (1, 1, 8, 8) to (1, 10), but the data needs (1, 3, 8, 8) to (1, 2)" in answer.error
    )


def test_a_damaged_training_state_is_named(finished, tmp_path):
    shutil.copytree(finished / "best", tmp_path / "out")
    (tmp_path / "out" / "checkpoint.safetensors").write_bytes(b"x" * 50)
    answer = train(ARCHITECTURE, "--out", "out")

    assert answer.code == 1
    assert "checkpoint.safetensors' is corrupt" in answer.error
