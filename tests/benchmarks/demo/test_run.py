from __future__ import annotations

import json
from typing import Any

import pytest

import search_spaces
from benchmarks.demo.measures import floor, step_milliseconds, untrained_figures
from benchmarks.demo.run import Plan, measure
from benchmarks.demo.tables import print_tables, tau_error
from benchmarks.demo.trainings import Training, Trainings
from nas.data.catalog import load
from tests.hypernets.hypernet_toys import make_hypernet

PLAN = Plan(
    space="resnet:max_depth=1",
    dataset="digits",
    networks=4,
    compared=2,
    pool=6,
    short=(1,),
    between=2,
    full=3,
    seeds=(0, 1),
)


@pytest.fixture(scope="module")
def digits():
    return load("digits")


@pytest.fixture(scope="module")
def space(digits):
    return search_spaces.get(PLAN.space, digits.task)


@pytest.fixture
def trained(monkeypatch):
    """Instant trainings, listed in order; longer ones are better."""
    done = []

    def train(self, architecture, epochs, seed):
        done.append((architecture, epochs, seed))
        accuracy = round(0.5 + epochs / 10 + len(done) / 1000, 4)
        return Training(
            architecture=architecture,
            epochs=epochs,
            seed=seed,
            val=accuracy,
            test=accuracy,
            seconds=1.0,
        )

    monkeypatch.setattr(Trainings, "_train", train)
    return done


def test_everything_is_trained_once_kept_and_printed(
    tmp_path, trained, space, monkeypatch, capsys
):
    card = {"space": "resnet", "proxy": {"channels": 6, "resolution": 8}}
    monkeypatch.setattr("benchmarks.demo.run.load_hypernet", lambda name: make_hypernet(card=card))
    monkeypatch.setattr("benchmarks.demo.tables.RESAMPLES", 5)
    out = tmp_path / "demo.json"
    measure(PLAN, out)
    document = json.loads(out.read_text())
    assert list(document["rivals"]) == [*space.known(), "the largest of 6 by MACs"]
    assert len(document["random"]) == 4
    assert len(set(trained)) == len(trained) == len(document["trainings"])
    assert len(trained) <= 3 * 2 * 2 + 4 * 2 + 2
    before = len(trained)
    measure(PLAN, out, "some")
    assert len(trained) == before

    print_tables(json.loads(out.read_text()))
    lines = capsys.readouterr().out.splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    found = {row[0]: row[1:] for row in reversed(rows)}
    assert found["ResNet-8"][1::2] == ["2", "2"]
    assert found["random networks"][3] == "4"
    assert found["3 nearest neighbours"][0].startswith("9")
    assert {"naswot", "macs", "1 epoch", "predicted weights: brier"} <= set(found)


def test_a_training_is_that_of_the_product(digits, space):
    text = space.encode(space.known()["ResNet-8, stem stride 2"])
    kept: list[list[dict[str, Any]]] = []
    train = Trainings(space, digits, [], kept.append)
    found = train(text, 1)
    assert train(text, 1) is found
    assert len(kept) == 1
    assert 0.1 < found.accuracy <= 1
    assert Trainings(space, digits, kept[0], kept.append)(text, 1) == found


def test_figures_of_a_network(digits, space):
    network = space.graph(space.known()["ResNet-8"])
    found = untrained_figures(network, digits)
    assert found["macs"] == 109_680
    assert found["naswot"] > 0
    assert step_milliseconds(network, digits) > 0
    assert floor(digits)["3 nearest neighbours"] > 0.95


def test_the_error_of_a_ranking(monkeypatch):
    monkeypatch.setattr("benchmarks.demo.tables.RESAMPLES", 100)
    values = list(range(30))
    assert tau_error(values, values) == pytest.approx(0, abs=1e-9)
    assert 0.05 < tau_error(values, values[::2] + values[1::2]) < 0.3
