from __future__ import annotations

import json
from pathlib import Path

import pytest

import search_spaces
from nas.task.task import Task
from tests.cli.program import ARCHITECTURE, ON_DIGITS, OTHER, SCORES_ONLY, SPACE, nas

NET = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, classes=10):
        convolution = nn.Conv2d(1, 8, 3, padding=1)
        super().__init__(
            convolution, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes)
        )
"""
OWN = """
from torch import nn

def build(trial, data):
    width = trial.suggest_categorical("width", [8, 16])
    layers = [nn.Flatten(), nn.Linear(data.channels * data.resolution**2, width)]
    for _ in range(trial.suggest_int("depth", 0, 2)):
        layers += [nn.ReLU(), nn.Linear(width, width)]
    return nn.Sequential(*layers, nn.Linear(width, data.classes))
"""
NB201 = "nb201:channels=4,cells=1"
WRITTEN = Path(__file__).parents[2] / "golden/written/run"
TASK = Task(classes=10, channels=1, resolution=8)


def similar(*words):
    answer = nas("similar", *words, "--json", "--quiet")
    assert (answer.code, answer.err) == (0, "")
    return answer.document


def test_random_architectures_of_a_space():
    words = (ARCHITECTURE, "--among", NB201, "--dataset", "digits", "--sample", 30)
    document = similar(*words, "--count", 3)
    graph = search_spaces.get(NB201, TASK).graph(ARCHITECTURE)
    assert document["architecture"]["hash"] == graph.hash()
    found = document["nearest"]
    assert [one["distance"] for one in found] == sorted(one["distance"] for one in found)
    assert len({one["architecture"] for one in found}) == 3
    assert found[0].keys() >= {"name", "hash", "score", "val_accuracy", "params", "macs"}
    assert all(one["choices"] for one in found if one["distance"])
    assert similar(*words, "--count", 3) == document
    assert similar(*words, "--count", 3, "--seed", 1) != document
    assert document["by"] == "both"
    assert similar(*words, "--weights", "none")["by"] == "costs"
    assert similar(*words, "--by", "costs")["nearest"] != similar(*words)["nearest"]


def test_all_forms_of_one_architecture_have_the_same_neighbours(finished):
    row = max(nas("trials", finished, "--json").document, key=lambda row: row["score"] or 0)
    space = search_spaces.get(NB201, TASK)
    Path("found.json").write_text(space.graph(row["architecture"]).to_json())
    named = (f"{finished}#{row['number']}", f"{finished}#{row['hash'][:8]}", "found.json")
    answers = [similar(name, "--among", finished) for name in (*named, row["architecture"])]
    for answer in answers:
        first, *_ = answer["nearest"]
        assert answer["nearest"] == answers[0]["nearest"]
        assert (first["name"], first["distance"]) == (f"#{row['number']}", 0)
        assert (first["score"], first["choices"]) == (pytest.approx(row["score"]), {})
    assert len(answers[0]["nearest"]) == 6
    trained = [one for one in answers[0]["nearest"] if one["epochs"]]
    assert len(trained) >= 2
    assert all(0 <= one["val_accuracy"] <= 1 for one in trained)


def test_the_best_model_of_a_run_and_an_architecture_of_another_space(finished):
    best = nas("best", finished, "--json").document
    assert similar(finished, "--among", finished)["nearest"][0]["hash"] == best["hash"]
    (one,) = similar(finished, "--among", "resnet", "--sample", 1)["nearest"]
    assert one["choices"] is None
    assert one["operations"]


def test_a_module_among_the_published_networks():
    Path("net.py").write_text(NET)
    found = similar("net.py:Net", "--among", "reference", "--dataset", "digits")["nearest"]
    assert {"resnet18", "vgg11_bn"} <= {one["name"] for one in found}
    assert all(one["architecture"] is None for one in found)
    assert found[0]["operations"]["conv 3×3"][0] == 1


def test_tables_for_people(finished):
    words = ("--count", 2, "--quiet")
    in_run = nas("similar", f"{finished}#0", "--among", finished, *words).out.splitlines()
    assert in_run[0] == f"architecture  {finished}#0"
    assert in_run[1].startswith("size  ")
    head = "distance  trial  score  epochs  val accuracy  params    MACs  differences"
    assert " ".join(in_run[3].split()) == " ".join(head.split())
    assert in_run[4].split()[:2] == ["0.000", "#0"]
    assert in_run[4].endswith("the same network")
    assert " → " in in_run[5]
    assert in_run[-1].startswith("the same network has distance 0")
    in_space = nas("similar", OTHER, "--among", NB201, "--dataset", "digits", *words).out
    assert in_space.splitlines()[3].split()[-1] == "architecture"
    published = nas("similar", OTHER, *ON_DIGITS, "--among", "reference", *words).out
    assert published.splitlines()[3].split()[:2] == ["distance", "network"]


def test_an_equal_distance_is_not_the_same_network():
    # 1x1 and 3x3 convolutions in another order: all costs are equal
    own = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|"
    words = (own, "--among", NB201, "--dataset", "digits", "--sample", 600, "--by", "costs")
    first, second, *_ = nas("similar", *words, "--quiet").out.splitlines()[4:]
    assert first.split()[0] == second.split()[0] == "0.000"
    assert "the same network" in first
    assert "nor_conv_3x3 → none" in second


def test_a_run_whose_hypernetwork_has_no_registered_name_is_searched_with_another(finished):
    run = json.loads((finished / "run.json").read_text())
    assert run["identity"]["weights"]["name"] == "tiny"
    assert nas("similar", f"{finished}#0", "--among", finished, "--quiet").code == 0


def test_a_custom_space_must_be_named_for_a_run():
    Path("own.py").write_text(OWN)
    own = ("--space", "own.py:build")
    words = ("--dataset", "digits", *SCORES_ONLY, "--n-trials", 4, "--out", "run", "--quiet")
    assert nas("search", *own, *words).code == 0
    answer = nas("similar", "run#0", "--among", "run", "--quiet")
    assert answer.code == 2
    assert "has recorded space 'own', which `nas spaces` does not list" in answer.error
    first, second, *_ = similar("run#0", "--among", "run", *own)["nearest"]
    assert (first["name"], first["distance"]) == ("#0", 0)
    assert second["choices"].keys() <= {"width", "depth"}
    (found,) = similar("run#0", "--among", "own.py:build", "--count", 1, *own)["nearest"]
    assert found["hash"] == first["hash"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((ARCHITECTURE,), 2, "missing option '--among'"),
        ((ARCHITECTURE, "--among", "nb20"), 2, "unknown search space 'nb20'"),
        ((ARCHITECTURE, "--among", "."), 1, "no run in '.'"),
        ((ARCHITECTURE, "--among", "runs/gone"), 1, "no run in 'runs/gone'"),
        (("nonsense", "--among", "nb201"), 1, "no architecture of space 'nb201'"),
        ((OTHER, "--among", "resnet"), 1, "is no architecture of space 'resnet', but one of"),
        ((ARCHITECTURE, "--among", "nb201", "--count", 0), 2, "0 is not in the range x>=1"),
        (("x", "--among", WRITTEN, "--sample", 3), 2, "--sample is for a space"),
        (("x", "--among", NB201, "--storage", "sqlite:///x.db"), 2, "--storage is for a run"),
        (("net.py:Gone", "--among", "reference"), 2, "no file 'net.py'"),
        (
            (
                ARCHITECTURE,
                *SPACE,
                "--among",
                "own.py:build",
                "--dataset",
                "digits",
                "--sample",
                1,
            ),
            1,
            "your code raised ValueError: not today",
        ),
        (
            (ARCHITECTURE, "--among", NB201, *ON_DIGITS, "--weights", "none", "--by", "embedding"),
            2,
            "distances by the embedding need a hypernetwork, and there is none",
        ),
    ],
)
def test_a_wrong_call_is_explained(words, code, said):
    Path("found.json").write_text(search_spaces.get(NB201, TASK).graph(OTHER).to_json())
    Path("own.py").write_text("def build(trial, data):\n    raise ValueError('not today')\n")
    answer = nas("similar", *words)
    assert answer.code == code, answer.err
    assert said in answer.error
