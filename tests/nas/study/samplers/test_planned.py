"""Samplers that plan a trial: one instance for several studies."""

from __future__ import annotations

import copy
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import pytest

from nas.study.samplers.evolution import RegularisedEvolutionSampler
from nas.study.samplers.local_search import LocalSearchSampler
from nas.study.samplers.predictor_guided import PredictorGuidedSampler
from nas.study.samplers.reinforce import ReinforceSampler

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from nas.study.samplers.planned import PlannedSampler

SAMPLERS = [
    RegularisedEvolutionSampler(population_size=10, tournament_size=5, seed=0),
    LocalSearchSampler(n_starts=5, seed=0),
    PredictorGuidedSampler(n_startup_trials=10, batch_size=5, seed=0),
    ReinforceSampler(n_startup_trials=5, seed=0),
]
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda one: type(one).__name__)


def new(sampler: PlannedSampler[Any]) -> Study:
    return optuna.create_study(sampler=sampler, study_name="one name")


def rising(trial: Trial) -> float:
    return sum(trial.suggest_int(f"x{i}", 0, 9) for i in range(3))


def falling(trial: Trial) -> float:
    return -rising(trial)


def drawn(sampler: PlannedSampler[Any]) -> list[dict[str, Any]]:
    """What it draws for a new study."""
    sampler._rng = np.random.default_rng(1)
    study = new(sampler)
    study.optimize(rising, n_trials=30)
    return [trial.params for trial in study.trials]


@every_sampler
def test_a_second_study_begins_anew(sampler: PlannedSampler[Any]) -> None:
    used = copy.deepcopy(sampler)
    new(used).optimize(falling, n_trials=33)
    assert drawn(used) == drawn(copy.deepcopy(sampler))


@every_sampler
def test_a_copy_of_a_used_sampler_begins_anew(sampler: PlannedSampler[Any]) -> None:
    used = copy.deepcopy(sampler)
    new(used).optimize(falling, n_trials=33)
    for copied in (copy.deepcopy(used), pickle.loads(pickle.dumps(used))):
        assert drawn(copied) == drawn(copy.deepcopy(sampler))


@every_sampler
def test_a_trial_follows_no_plan_of_another_study(sampler: PlannedSampler[Any]) -> None:
    used = copy.deepcopy(sampler)
    one, other = new(used), new(used)
    for study in (one, other):
        study.optimize(rising, n_trials=30)
    of_one, of_other = one.ask(), other.ask()
    assert of_one.number == of_other.number == 30
    plan = copy.deepcopy(used._plans)
    assert plan
    rising(of_one)
    one.tell(of_one, 0.0)
    assert used._plans == plan
    rising(of_other)
    other.tell(of_other, 0.0)
    assert not used._plans


@every_sampler
def test_a_study_is_learnt_again_after_another_one(sampler: PlannedSampler[Any]) -> None:
    used = copy.deepcopy(sampler)
    one, other = new(used), new(used)
    for _ in range(6):
        one.optimize(rising, n_trials=10)
        other.optimize(falling, n_trials=10)
    assert one.best_value < 4
    assert other.best_value < -23


class _Slow(LocalSearchSampler):
    """Notes whether it still is for the same study when it has planned a trial."""

    def _prepare(self, study: Study, trial: FrozenTrial) -> None:
        super()._prepare(study, trial)
        time.sleep(0.002)
        assert self._study is not None
        kept.append(self._study.is_of(study))


kept: list[bool] = []


def test_studies_in_two_threads_take_turns() -> None:
    kept.clear()
    sampler = _Slow(n_starts=5, seed=0)
    studies = [new(sampler), new(sampler)]
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(one.optimize, rising, n_trials=20) for one in studies]:
            done.result()
    assert kept == [True] * 40
