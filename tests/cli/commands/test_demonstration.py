"""``nas search`` without a space and a data set is a demonstration of limited time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas.data import digits
from nas.errors import StudyError
from tests.cli.program import SCORES_ONLY, nas


@pytest.mark.slow
def test_the_plain_command_searches_the_default_space_and_data():
    answer = nas("search", "--n-trials", 2, *SCORES_ONLY, "--json")

    assert answer.code == 0, answer.err
    assert answer.document["run"] == "runs/resnet-cluttered-digits"
    record = json.loads(Path("runs/resnet-cluttered-digits/run.json").read_text())
    assert record["identity"]["space"]["name"] == "resnet"
    assert record["identity"]["dataset"]["name"] == "cluttered-digits"


@pytest.fixture
def asked(monkeypatch):
    """The configurations of the searches that would be made."""
    found = []

    def run_search(space, data, hypernet, config, *others, **baselines):
        found.append(config)
        raise StudyError("not searched")

    monkeypatch.setattr("nas.study.search_run.run_search", run_search)
    monkeypatch.setattr("nas.data.catalog.load", lambda *names, **settings: digits.load())
    return found


def test_trainings_of_a_demonstration_are_limited_by_their_time(asked):
    nas("search")

    (config,) = asked
    assert 0 < config.train_seconds <= 140
    assert config.n_trials < 200


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        (("--train-seconds", 5), 5),
        (("--budget", 100), None),
        (("--space", "resnet"), None),
        (("--dataset", "cluttered-digits"), None),
    ],
)
def test_what_is_given_is_kept(words, seconds, asked):
    answer = nas("search", *words)

    assert answer.code == 1, answer.err
    assert [config.train_seconds for config in asked] == [seconds]
