from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import search_spaces
from hypernets import own_weights
from hypernets.own_weights import FEWEST_IMAGES, REPAID, training_pays
from hypernets.training.config import HypernetTraining
from nas.data.catalog import load
from nas.errors import TrainingError
from nas.events import Event, Noted
from nas.study.search_config import SearchConfig

CPU = torch.device("cpu")
TRAINING = HypernetTraining(steps=100)


@pytest.fixture(scope="session")
def digits():
    return load("digits")


@pytest.fixture
def space(digits):
    return search_spaces.get("darts:channels=4,cells=3", digits.task)


@pytest.fixture
def pace(monkeypatch):
    """Every step of a hypernetwork's training takes ten seconds."""
    monkeypatch.setattr(own_weights, "seconds_per_step", lambda *_, **__: 10.0)


def asked(space, data, seconds, **options):
    """Whether training pays where the trainings of the search take so long, and what is said."""
    heard: list[Event] = []
    config = SearchConfig(train_seconds=seconds)
    pays = training_pays(space, data, config, TRAINING, device=CPU, listen=heard.append, **options)
    return pays, " ".join(event.text for event in heard if isinstance(event, Noted))


@pytest.mark.usefixtures("pace")
def test_a_hypernetwork_is_trained_where_the_trainings_take_five_times_as_long(space, digits):
    pays, said = asked(space, digits, REPAID * 1000)
    assert pays
    assert "trained in space 'darts' first" in said
    assert "100 steps, about 17 minutes on this machine" in said
    assert "trainings of the search about 83 minutes" in said

    pays, said = asked(space, digits, REPAID * 1000 - 60)
    assert not pays
    assert "it repays itself where they take 5 times as long" in said
    assert "--weights train" in said


@pytest.mark.usefixtures("pace")
def test_processes_that_train_side_by_side_shorten_the_trainings(space, digits, monkeypatch):
    def said(workers):
        heard: list[Event] = []
        config = SearchConfig(finalists=2, finalist_epochs=1, max_epochs=10**7)
        training_pays(
            space, digits, config, TRAINING, device=CPU, workers=workers, listen=heard.append
        )
        return heard

    monkeypatch.setattr(own_weights, "training_seconds", lambda *_: {"train": 6000.0})
    assert "about 1.7 hours" in str(said(1))
    assert "about 50 minutes" in str(said(2))


@pytest.mark.usefixtures("pace")
def test_a_limit_in_seconds_is_the_same_with_any_number_of_processes(space, digits):
    pays, said = asked(space, digits, REPAID * 1000, workers=2)
    assert pays
    assert "trainings of the search about 83 minutes" in said


def test_for_short_trainings_its_pace_is_not_even_measured(space, digits, monkeypatch):
    monkeypatch.setattr(own_weights, "seconds_per_step", lambda *_, **__: pytest.fail("measured"))
    assert asked(space, digits, 599) == (False, "")


@pytest.mark.usefixtures("pace")
def test_neither_on_few_images_nor_where_one_is_shipped_nor_on_a_graph(space, digits):
    few = replace(digits, train=digits.train.spread(FEWEST_IMAGES - 1))
    assert asked(space, few, 1e6) == (False, "")
    known = search_spaces.get("nasnet:channels=4,cells=1", digits.task)
    assert asked(known, digits, 1e6) == (False, "")
    nodes = load("digits-knn")
    assert asked(search_spaces.get("graphnas", nodes.task), nodes, 1e6) == (False, "")


def test_where_none_can_be_trained_there_is_none_and_the_reason_is_said(
    space, digits, monkeypatch
):
    def fail(*_, **__):
        raise TrainingError("no finite loss")

    monkeypatch.setattr(own_weights, "seconds_per_step", fail)
    pays, said = asked(space, digits, 1e6)
    assert not pays
    assert said.endswith("how long it takes could not be measured: no finite loss.")


def test_where_no_training_can_be_measured_there_is_none(space, digits, monkeypatch):
    monkeypatch.setattr("nas.study.forecast.sample_preferring", lambda *_: [])
    config = SearchConfig(finalists=2, finalist_epochs=3, max_epochs=10)
    assert not training_pays(space, digits, config, TRAINING, device=CPU)


def test_the_time_of_the_trainings_is_measured(space, digits, monkeypatch):
    monkeypatch.setattr(own_weights, "seconds_per_step", lambda *_, **__: 1e-9)
    heard: list[Event] = []
    config = SearchConfig(finalists=2, finalist_epochs=3, max_epochs=10**6)
    assert training_pays(space, digits, config, TRAINING, device=CPU, listen=heard.append)
    assert heard
