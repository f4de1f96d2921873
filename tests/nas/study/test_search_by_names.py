"""Searches asked for by names and by functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import optuna
import pytest
from torch import nn

import nas
from nas.data.digits import load
from nas.errors import ConfigError, StudyError
from nas.study.search import search
from tests.nas.study.study_toys import DIGITS, toy_search

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
