"""Samplers that read the latest trials: the same draws, and no more work as a study grows."""

from __future__ import annotations

import sys
from itertools import count
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.samplers import NSGAIISampler, TPESampler
from optuna.study import StudyDirection

from nas.study.record.optuna_internals import parents_of
from nas.study.samplers import predictor_guided
from nas.study.samplers.evolution import RegularisedEvolutionSampler
from nas.study.samplers.local_search import LocalSearchSampler
from nas.study.samplers.predictor_guided import PredictorGuidedSampler
from nas.study.samplers.recent import RecentTrialsSampler
from nas.study.samplers.reinforce import ReinforceSampler

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.samplers import BaseSampler

BATCH = 10


def nsga2() -> BaseSampler:
    return NSGAIISampler(seed=0, population_size=10)


def tpe() -> BaseSampler:
    return TPESampler(seed=0, multivariate=True, constant_liar=True, n_startup_trials=5)


def _objective(trial: Trial) -> tuple[float, float]:
    depth = trial.suggest_int("depth", 1, 3)
    widths = [trial.suggest_int(f"width{i}", 1, 50) for i in range(depth)]
    return sum(widths) * trial.suggest_float("rate", 0, 1), float(sum(widths))


def _new(sampler: BaseSampler, goals: int = 2) -> Study:
    directions = [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE][:goals]
    return optuna.create_study(sampler=sampler, directions=directions)


def _ask_and_tell(study: Study, batches: int) -> None:
    for _ in range(batches):
        for trial in [study.ask() for _ in range(BATCH)]:
            trial.set_constraint("width", trial.number % 3 - 1)
            study.tell(trial, _objective(trial)[: len(study.directions)])


def _next_generation(sampler: RecentTrialsSampler) -> None:
    """A search makes a new sampler; here the draws go on."""
    sampler._part = None


def _drawn(sampler: BaseSampler, batches: int) -> list[dict[str, Any]]:
    study = _new(sampler)
    _ask_and_tell(study, batches)
    return [trial.params for trial in study.trials]


def test_nsga2_draws_the_same_from_its_last_generations() -> None:
    """Parents stay parents for as long as nothing better is found, however old they are."""
    few = RecentTrialsSampler(nsga2(), recent=40, kept=parents_of)
    study = _new(few)
    for _ in range(12):
        _ask_and_tell(study, 1)
        _next_generation(few)
    assert [trial.params for trial in study.trials] == _drawn(nsga2(), 12)


@pytest.mark.parametrize("before", [0, 3])
def test_enqueued_trials_become_parents_of_nsga2(before: int) -> None:
    study = _new(RecentTrialsSampler(nsga2(), kept=parents_of), goals=1)
    _ask_and_tell(study, before)
    largest = {"depth": 3, "width0": 50, "width1": 50, "width2": 50, "rate": 1.0}
    study.enqueue_trial(largest)
    _ask_and_tell(study, 2)
    study.ask()
    parents = parents_of(study)
    assert largest in [one.params for one in study.trials if one._trial_id in parents]


def test_tpe_draws_the_same_while_there_are_few_trials() -> None:
    assert _drawn(RecentTrialsSampler(tpe(), recent=60), 6) == _drawn(tpe(), 6)


def test_tpe_forgets_earlier_trials() -> None:
    few = RecentTrialsSampler(tpe(), recent=20)
    study = _new(few)
    _ask_and_tell(study, 4)
    _next_generation(few)
    _ask_and_tell(study, 1)
    part = few._part
    assert part is not None
    assert [trial.number for trial in part.get_trials(deepcopy=False)] == list(range(20, 50))


def _calls(study: Study, batches: int) -> int:
    """Number of functions that asking and telling calls."""
    calls = count()
    sys.setprofile(lambda frame, event, what: next(calls) if "call" in event else None)
    try:
        _ask_and_tell(study, batches)
    finally:
        sys.setprofile(None)
    return next(calls)


def _growth(sampler: BaseSampler, goals: int = 2) -> float:
    """Factor by which the work for each trial grows from the 60th to the 400th."""
    study = _new(sampler, goals)
    _ask_and_tell(study, 6)
    early = _calls(study, 4)
    _ask_and_tell(study, 26)
    if isinstance(sampler, RecentTrialsSampler):
        _next_generation(sampler)
    return _calls(study, 4) / early


@pytest.mark.parametrize(
    ("make", "grows"), [(nsga2, 1.3), pytest.param(tpe, 2.0, marks=pytest.mark.slow)]
)
def test_the_work_for_a_trial_does_not_grow(make: Any, grows: float) -> None:
    kept = {"kept": parents_of} if make is nsga2 else {}
    assert _growth(make()) > grows
    assert _growth(RecentTrialsSampler(make(), recent=30, **kept)) < 1.15


@pytest.mark.parametrize(
    "make",
    [
        RegularisedEvolutionSampler,
        LocalSearchSampler,
        PredictorGuidedSampler,
        ReinforceSampler,
    ],
)
def test_the_work_of_planned_samplers_does_not_grow(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one goal: a front of several, from which they also draw, becomes longer."""
    monkeypatch.setattr(predictor_guided, "_MOST", 30)
    assert _growth(make(seed=0), goals=1) < 1.1
