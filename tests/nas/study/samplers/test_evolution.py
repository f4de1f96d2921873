from __future__ import annotations

from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.trial import TrialState

from nas.study.samplers.evolution import RegularisedEvolutionSampler

if TYPE_CHECKING:
    from optuna import Study, Trial

CHOICES = ("a", "b", "c", "d")


def _count(trial: Trial, length: int = 12) -> int:
    return sum(trial.suggest_categorical(f"p{i}", CHOICES) == "a" for i in range(length))


def _study(sampler: RegularisedEvolutionSampler, *directions: str) -> Study:
    return optuna.create_study(sampler=sampler, directions=directions or ("maximize",))  # type: ignore[arg-type]


def test_child_differs_from_a_parent_in_one_choice() -> None:
    sampler = RegularisedEvolutionSampler(population_size=10, tournament_size=3, seed=0)
    study = _study(sampler)
    study.optimize(_count, n_trials=60)
    trials = study.trials
    for trial in trials[10:]:
        population = trials[trial.number - 10 : trial.number]
        assert 1 in {
            sum(trial.params[k] != parent.params[k] for k in trial.params) for parent in population
        }


def test_with_crossover_a_child_has_choices_of_two_parents() -> None:
    sampler = RegularisedEvolutionSampler(
        population_size=10, tournament_size=2, crossover_prob=1.0, seed=0
    )
    study = _study(sampler)
    study.optimize(_count, n_trials=60)
    of_two = 0
    for trial in study.trials[10:]:
        population = study.trials[trial.number - 10 : trial.number]
        seen = [
            any(trial.params[name] == parent.params[name] for parent in population)
            for name in trial.params
        ]
        assert sum(seen) >= len(seen) - 1
        nearest = min(
            sum(trial.params[k] != parent.params[k] for k in trial.params) for parent in population
        )
        of_two += nearest > 1
    assert of_two > 10


def test_a_probability_out_of_range() -> None:
    with pytest.raises(ValueError, match="crossover_prob=1"):
        RegularisedEvolutionSampler(crossover_prob=1.5)


def test_beats_random_search() -> None:
    def best(sampler: optuna.samplers.BaseSampler) -> float:
        study = optuna.create_study(sampler=sampler, direction="maximize")
        study.optimize(_count, n_trials=300)
        return study.best_value

    evolved = [best(RegularisedEvolutionSampler(seed=seed)) for seed in range(3)]
    random = [best(optuna.samplers.RandomSampler(seed=seed)) for seed in range(3)]
    assert min(evolved) > max(random)


def test_many_trials_can_be_asked_before_one_is_told() -> None:
    sampler = RegularisedEvolutionSampler(population_size=8, tournament_size=4, seed=0)
    study = _study(sampler)
    for _ in range(6):
        asked = [study.ask() for _ in range(8)]
        found = [_count(trial) for trial in asked]
        for trial, value in reversed(list(zip(asked, found, strict=True))):
            study.tell(trial, value)
    for born in study.trials[8:]:
        population = study.trials[: born.number // 8 * 8][-8:]
        assert any(
            sum(born.params[k] != parent.params[k] for k in born.params) == 1
            for parent in population
        )
    assert sampler._plans == {}


def test_failed_trials_are_no_parents() -> None:
    study = _study(RegularisedEvolutionSampler(population_size=4, tournament_size=4, seed=0))
    for _ in range(20):
        study.tell(study.ask(), state=TrialState.FAIL)
    trial = study.ask()
    assert 0 <= _count(trial) <= 12


def test_choices_that_are_all_equal_do_not_mutate() -> None:
    """Spaces list a choice twice to have it drawn more often."""

    def objective(trial: Trial) -> int:
        trial.suggest_categorical("same", (1, 1))
        return int(trial.suggest_categorical("repeated", ("a", "a", "b")) == "a")

    sampler = RegularisedEvolutionSampler(population_size=4, tournament_size=4, seed=0)
    study = _study(sampler, "maximize")
    study.optimize(objective, n_trials=40)
    assert {trial.params["repeated"] for trial in study.trials[20:]} == {"a", "b"}


def test_conditional_parameters() -> None:
    def deep(trial: Trial) -> float:
        depth = trial.suggest_int("depth", 1, 6)
        return sum(trial.suggest_float(f"x{i}", 0, i + 1) for i in range(depth))

    study = _study(RegularisedEvolutionSampler(population_size=10, tournament_size=5, seed=1))
    study.optimize(deep, n_trials=150)
    assert study.best_params["depth"] == 6
    for trial in study.trials:
        assert set(trial.params) == {"depth", *(f"x{i}" for i in range(trial.params["depth"]))}


def test_ranges_that_change_with_another_choice() -> None:
    def narrow(trial: Trial) -> float:
        wide = trial.suggest_categorical("wide", [True, False])
        return trial.suggest_int("x", 0, 100 if wide else 5) + trial.suggest_int("one", 1, 1)

    study = _study(RegularisedEvolutionSampler(population_size=5, tournament_size=2, seed=1))
    study.optimize(narrow, n_trials=80)
    assert all(t.params["x"] <= 5 for t in study.trials if not t.params["wide"])


def test_feasible_parents_first() -> None:
    def limited(trial: Trial) -> float:
        count = _count(trial)
        trial.set_constraint("count", count - 5)
        return count

    study = _study(RegularisedEvolutionSampler(population_size=20, tournament_size=10, seed=0))
    study.optimize(limited, n_trials=200)
    late = study.trials[100:]
    feasible = [t for t in late if t.constraints["count"] <= 0]
    assert len(feasible) > 60
    assert study.best_trial.value == 5


def test_several_objectives() -> None:
    def spread(trial: Trial) -> tuple[float, float]:
        values = [trial.suggest_categorical(f"p{i}", CHOICES) for i in range(10)]
        return values.count("a"), values.count("b")

    study = _study(RegularisedEvolutionSampler(seed=0), "maximize", "maximize")
    study.optimize(spread, n_trials=400)
    assert max(a + b for a, b in (t.values for t in study.best_trials)) == 10


def test_same_seed_same_trials_and_reseeding_changes_them() -> None:
    def params(reseed: bool) -> list[dict[str, str]]:
        sampler = RegularisedEvolutionSampler(population_size=5, tournament_size=2, seed=3)
        if reseed:
            sampler.reseed_rng()
        study = _study(sampler)
        study.optimize(_count, n_trials=15)
        return [trial.params for trial in study.trials]

    assert params(False) == params(False)
    assert params(False) != params(True)


def test_queued_trials_keep_their_values() -> None:
    study = _study(RegularisedEvolutionSampler(population_size=2, tournament_size=1, seed=0))
    study.optimize(_count, n_trials=5)
    study.enqueue_trial({f"p{i}": "a" for i in range(12)})
    study.optimize(_count, n_trials=1)
    assert study.best_value == 12


@pytest.mark.parametrize(("population", "tournament"), [(0, 0), (5, 6), (5, 0)])
def test_sizes_out_of_range(population: int, tournament: int) -> None:
    with pytest.raises(ValueError, match="must hold"):
        RegularisedEvolutionSampler(population_size=population, tournament_size=tournament)
