"""Searches asked for by names and by functions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from torch import nn

import nas
from nas.data.digits import load
from nas.errors import ConfigError, StudyError, UnknownNameError
from nas.events import ignore
from nas.study import named
from nas.study.named import data_of, predictor_of, space_of
from nas.study.search import search
from tests.nas.study.study_toys import DIGITS, ToyPredictor, ToySpace, toy_search, toy_space

if TYPE_CHECKING:
    from pathlib import Path

BRIEF: dict[str, Any] = {"n_trials": 4, "finalists": 0, "max_epochs": 0}


def build(trial: Any, data: Any) -> nn.Module:
    """Two layers."""
    width = trial.suggest_int("width", 4, 64)
    inputs = data.channels * data.resolution**2
    first = nn.Linear(inputs, width)
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), nn.Linear(width, data.classes))


def test_a_search_by_names() -> None:
    result = nas.search("nasnet:channels=4,cells=1", "digits", **BRIEF)
    assert result.trials.complete == 4
    space = result.best.candidate.space
    assert (space.name, space.macro()["channels"], space.task) == ("nasnet", 4, DIGITS)


def test_a_function_is_a_space() -> None:
    result = search(build, load(), "deepnets-digits", **BRIEF)
    assert result.best.candidate.space.name == "build"
    assert result.trials.complete == 4


def test_a_space_is_itself_made_or_named() -> None:
    space = toy_space()
    assert space_of(space, DIGITS) is space
    assert space_of(ToySpace, DIGITS) == ToySpace(task=DIGITS)
    assert space_of("nb201:cells=2", DIGITS).macro()["cells"] == 2
    assert space_of(partial(build), DIGITS).name == "build"


def test_a_class_has_the_sizes_for_the_task() -> None:
    by_name = space_of("nasnet", DIGITS)
    assert space_of(type(by_name), DIGITS) == by_name


def test_a_data_set_is_itself_or_loaded(tmp_path: Path) -> None:
    data = load()
    assert data_of(data, ignore) is data
    assert data_of("digits", ignore).fingerprint == data.fingerprint
    with pytest.raises(nas.NasError, match="no data at"):
        data_of(tmp_path / "none", ignore)


def test_a_predictor_is_itself_or_the_shipped_one() -> None:
    data, space = load(), space_of("nasnet", DIGITS)
    mine = ToyPredictor(space)
    assert predictor_of(mine, space, data, ignore) is mine
    for given in (None, "nasnet-digits"):
        assert predictor_of(given, space, data, ignore).card.name == "nasnet-digits"


def test_names_need_the_package_that_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "entry_points", lambda **_: ())
    with pytest.raises(ConfigError, match="no installed package knows the names of a space"):
        space_of("nasnet", DIGITS)


def test_unknown_names_suggest_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'nasnet'"):
        space_of("nasnett", DIGITS)
    with pytest.raises(UnknownNameError, match="Did you mean 'digits'"):
        data_of("digit", ignore)


def node_count(graph: Any) -> int:
    return len(graph.nodes)


def test_a_function_is_an_objective_and_is_so_again_when_the_search_goes_on(
    tmp_path: Path,
) -> None:
    asked: dict[str, Any] = {**BRIEF, "objectives": ["score", (node_count, "min")]}
    toy_search(tmp_path, **asked)
    result = toy_search(tmp_path, **{**asked, "n_trials": 8})
    assert result.trials.complete == 8
    assert all(found.values[1] == node_count(found.candidate.network) for found in result.pareto)
    with pytest.raises(ConfigError, match="unknown objective 'node_count'"):
        toy_search(tmp_path, **{**BRIEF, "objectives": ["score", "node_count:min"]})
    with pytest.raises(StudyError, match="other objectives"):
        toy_search(tmp_path, **{**asked, "objectives": ["score", (node_count, "max")]})


def test_the_best_by_a_function_alone() -> None:
    result = toy_search(**{**BRIEF, "n_trials": 12, "objectives": (node_count, "max")})
    counts = [trial.values[0] for trial in result.study.trials if trial.values]
    assert result.best.values == (max(counts),)
    assert max(counts) > min(counts)


def test_a_sampler_of_optuna_is_copied_so_that_a_search_repeats() -> None:
    sampler = optuna.samplers.RandomSampler(seed=5)
    first, second = (
        [t.params for t in toy_search(**BRIEF, sampler=sampler).study.trials] for _ in range(2)
    )
    other = toy_search(**BRIEF, sampler=optuna.samplers.RandomSampler(seed=6)).study.trials
    assert first == second != [trial.params for trial in other]


def test_a_search_with_an_own_sampler_goes_on_with_one_of_that_class(tmp_path: Path) -> None:
    for count in (4, 8):
        sampler = optuna.samplers.RandomSampler(seed=5)
        result = toy_search(tmp_path, **{**BRIEF, "n_trials": count}, sampler=sampler)
        assert result.trials.complete == count
    assert isinstance(result.study.sampler, optuna.samplers.RandomSampler)
    with pytest.raises(StudyError, match='another sampler: "RandomSampler", not "TPESampler"'):
        toy_search(tmp_path, **BRIEF, sampler=optuna.samplers.TPESampler(seed=0))


def test_an_objective_that_fails_is_the_reason_why_nothing_is_found() -> None:
    def odd(graph: Any) -> None:
        return None

    with pytest.raises(StudyError, match="the objective 'odd' must return a number, got None"):
        toy_search(**{**BRIEF, "objectives": (odd, "max")})
