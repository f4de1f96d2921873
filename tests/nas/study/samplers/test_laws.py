"""Laws of our own samplers in anybody's study."""

from __future__ import annotations

import statistics
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.samplers import RandomSampler
from optuna.testing.pytest_samplers import BasicSamplerTestCase

from nas.study.samplers.evolution import RegularisedEvolutionSampler
from nas.study.samplers.local_search import LocalSearchSampler
from nas.study.samplers.predictor_guided import PredictorGuidedSampler
from nas.study.samplers.reinforce import ReinforceSampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from optuna import Study, Trial
    from optuna.samplers import BaseSampler

    Make = Callable[[int], BaseSampler]

OWN: dict[str, Make] = {
    "evolution": lambda seed: RegularisedEvolutionSampler(
        population_size=8, tournament_size=4, seed=seed
    ),
    "crossover": lambda seed: RegularisedEvolutionSampler(
        population_size=8, tournament_size=4, crossover_prob=0.5, seed=seed
    ),
    "local-search": lambda seed: LocalSearchSampler(n_starts=4, seed=seed),
    "predictor-guided": lambda seed: PredictorGuidedSampler(
        n_startup_trials=10, batch_size=10, seed=seed
    ),
    "reinforce": lambda seed: ReinforceSampler(n_startup_trials=5, seed=seed),
}
each = pytest.mark.parametrize("make", OWN.values(), ids=OWN)
TARGET = "badceb"


def separable(trial: Trial) -> int:
    """The number of right choices of six."""
    chosen = [trial.suggest_categorical(f"p{place}", "abcde") for place in range(len(TARGET))]
    return sum(one == right for one, right in zip(chosen, TARGET, strict=True))


def conditional(trial: Trial) -> float:
    """Depends on choices of which most are not always there, and fails or is pruned at times."""
    depth = trial.suggest_int("depth", 1, 4)
    total = 0.0
    for layer in range(depth):
        kind = trial.suggest_categorical(f"kind{layer}", ["conv", "pool"])
        if kind == "conv":
            total += trial.suggest_int(f"width{layer}", 8, 64, log=True) / 64
        else:
            total -= trial.suggest_float(f"rate{layer}", 0, 1)
    if trial.number % 7 == 3:
        raise optuna.TrialPruned
    if trial.number % 7 == 5:
        raise RuntimeError
    return total


def study_of(sampler: BaseSampler, *directions: str) -> Study:
    return optuna.create_study(sampler=sampler, directions=directions or ["maximize"])  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore")
@each
class TestOptunasOwnLaws(BasicSamplerTestCase):
    """All that Optuna asks of its samplers."""

    @pytest.fixture
    def sampler(self, make: Make) -> Callable[[], BaseSampler]:
        return partial(make, 0)


@each
def test_conditional_choices_with_failed_and_pruned_trials(make: Make) -> None:
    study = study_of(make(0))
    study.optimize(conditional, n_trials=50, catch=RuntimeError)
    for trial in study.trials:
        layers = range(trial.params["depth"])
        for layer in layers:
            kind = trial.params[f"kind{layer}"]
            assert (f"width{layer}" in trial.params) == (kind == "conv")
            assert (f"rate{layer}" in trial.params) == (kind == "pool")
        assert len(trial.params) == 1 + 2 * len(layers)
    assert study.best_value > 1


@each
def test_seeded_runs_are_equal(make: Make) -> None:
    def drawn(seed: int) -> list[dict[str, Any]]:
        study = study_of(make(seed))
        study.optimize(conditional, n_trials=30, catch=RuntimeError)
        return [trial.params for trial in study.trials]

    assert drawn(1) == drawn(1) != drawn(2)


@each
def test_finds_the_optimum_of_a_separable_problem_faster_than_random_search(make: Make) -> None:
    def best(sampler: BaseSampler) -> float:
        study = study_of(sampler)
        study.optimize(separable, n_trials=40)
        return study.best_value

    seeds = range(10)
    found = [best(make(seed)) for seed in seeds]
    random = [best(RandomSampler(seed=seed)) for seed in seeds]
    spread = statistics.stdev(found) + statistics.stdev(random)
    assert statistics.fmean(found) > statistics.fmean(random) + spread / len(seeds) ** 0.5


@each
def test_constraints_are_learnt(make: Make) -> None:
    def limited(trial: Trial) -> float:
        found = separable(trial)
        trial.set_constraint("right", found - 3)
        return found

    study = study_of(make(0))
    study.optimize(limited, n_trials=60)
    assert study.best_value == 3
    late = study.trials[30:]
    assert sum(trial.constraints["right"] <= 0 for trial in late) > len(late) / 2


@each
def test_two_objectives(make: Make) -> None:
    def counts(trial: Trial) -> tuple[float, float]:
        chosen = [trial.suggest_categorical(f"p{place}", "abcd") for place in range(12)]
        return chosen.count("a"), chosen.count("b")

    def covered(sampler: BaseSampler) -> float:
        study = study_of(sampler, "maximize", "maximize")
        study.optimize(counts, n_trials=80)
        return max(sum(trial.values) for trial in study.best_trials)

    seeds = range(3)
    found = [covered(make(seed)) for seed in seeds]
    random = [covered(RandomSampler(seed=seed)) for seed in seeds]
    assert statistics.fmean(found) > statistics.fmean(random)


@each
def test_a_new_sampler_goes_on_with_the_study(make: Make) -> None:
    """As after a kill: nothing but the trials is left, some of them by another sampler."""
    study = study_of(RandomSampler(seed=0))
    study.optimize(separable, n_trials=5)
    for seed in range(9):
        study.sampler = make(seed)
        study.optimize(separable, n_trials=10)
    random = study_of(RandomSampler(seed=0))
    random.optimize(separable, n_trials=95)
    assert study.best_value > random.best_value


@each
def test_infinite_values_are_bad_ones(make: Make) -> None:
    def odd(trial: Trial) -> float:
        found = separable(trial)
        return float("-inf") if trial.params["p0"] == "a" else found

    study = study_of(make(0))
    study.optimize(odd, n_trials=60)
    assert study.best_value >= 4
    late = study.trials[30:]
    assert sum(trial.params["p0"] == "a" for trial in late) < len(late) / 3


@each
def test_queued_trials_keep_their_values(make: Make) -> None:
    study = study_of(make(0))
    study.enqueue_trial({f"p{place}": right for place, right in enumerate(TARGET)})
    study.optimize(separable, n_trials=30)
    assert study.trials[0].value == len(TARGET)


@pytest.mark.filterwarnings("ignore:Choices for a categorical distribution")
@each
def test_choices_may_be_lists(make: Make) -> None:
    def widths(trial: Trial) -> int:
        lists: list[Any] = [[1], [2, 3]]  # not among the types that Optuna declares
        chosen = [trial.suggest_categorical(f"p{place}", lists) for place in range(2)]
        if chosen[0] == [1]:
            trial.suggest_categorical("p2", lists)
        return sum(len(one) for one in chosen)

    study = study_of(make(0))
    study.optimize(widths, n_trials=30)
    assert study.best_value == 4


@each
def test_threads_share_a_sampler(make: Make) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    study = study_of(make(0))
    try:
        study.optimize(separable, n_trials=100, n_jobs=4)
    finally:
        sys.setswitchinterval(interval)
    assert len(study.trials) == 100
