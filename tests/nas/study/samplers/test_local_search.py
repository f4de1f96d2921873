from __future__ import annotations

from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from nas.space.trial import neighbours
from nas.study.samplers.local_search import LocalSearchSampler

if TYPE_CHECKING:
    from optuna import Trial


def _differences(one: optuna.trial.FrozenTrial, other: optuna.trial.FrozenTrial) -> int:
    return sum(one.params[name] != other.params[name] for name in one.params)


def test_all_neighbours_of_an_optimum_are_tried_once_and_a_new_walk_begins() -> None:
    def objective(trial: Trial) -> float:
        return -sum(trial.suggest_categorical(f"p{place}", (0, 1, 2)) for place in range(4))

    study = optuna.create_study(
        direction="maximize", sampler=LocalSearchSampler(n_starts=1, seed=0)
    )
    study.enqueue_trial({f"p{place}": 0 for place in range(4)})
    study.optimize(objective, n_trials=11)
    optimum, *others, restart, after = study.trials
    assert [_differences(optimum, one) for one in others] == [1] * 8
    assert len({str(one.params) for one in others}) == 8
    walks = [one.system_attrs.get("local-search", [0])[0] for one in study.trials]
    assert walks == [0] * 9 + [1] * 2
    assert _differences(restart, after) == 1


def test_the_first_better_neighbour_is_the_next_parent() -> None:
    def objective(trial: Trial) -> float:
        return sum(trial.suggest_categorical(f"p{place}", range(4)) for place in range(6))

    study = optuna.create_study(
        direction="maximize", sampler=LocalSearchSampler(n_starts=3, seed=1)
    )
    study.optimize(objective, n_trials=40)
    for trial in study.trials[3:]:
        note = trial.system_attrs["local-search"]
        if len(note) > 1:
            before = study.trials[: trial.number]
            walk = [one for one in before if one.system_attrs["local-search"][0] == note[0]]
            best = max(one.value or 0 for one in walk)
            parent = study.trials[note[1]]
            assert parent.value == best
            assert _differences(parent, trial) == 1


def test_a_walk_that_waits_lets_the_next_one_begin() -> None:
    study = optuna.create_study(
        direction="maximize", sampler=LocalSearchSampler(n_starts=1, seed=0)
    )
    first = study.ask({"x": CategoricalDistribution((0, 1, 2))})
    study.tell(first, 0)
    asked = [study.ask({"x": CategoricalDistribution((0, 1, 2))}) for _ in range(5)]
    assert {trial.params["x"] for trial in asked[:2]} == {0, 1, 2} - {first.params["x"]}
    walks = [trial.system_attrs["local-search"][0] for trial in study.trials]
    assert walks == [0, 0, 0, 1, 1, 1]


def test_number_of_starts_out_of_range() -> None:
    with pytest.raises(ValueError, match="n_starts=0"):
        LocalSearchSampler(n_starts=0)


def test_neighbours() -> None:
    assert neighbours(CategoricalDistribution(("a", "b", "a")), "a") == ["b"]
    assert neighbours(CategoricalDistribution(("a",)), "a") == []
    assert neighbours(IntDistribution(1, 4), 3) == [1, 2, 4]
    assert neighbours(IntDistribution(0, 100, step=10), 100) == [90]
    assert neighbours(IntDistribution(0, 1000), 500) == [400, 490, 510, 600]
    assert neighbours(FloatDistribution(0.0, 1.0), 0.5) == pytest.approx([0.4, 0.49, 0.51, 0.6])
    assert neighbours(FloatDistribution(1e-4, 1.0, log=True), 1e-4) == pytest.approx(
        [1e-4 * 10**0.04, 1e-4 * 10**0.4]
    )
    assert neighbours(FloatDistribution(2.0, 2.0), 2.0) == []
    assert neighbours(FloatDistribution(0.0, 0.3, step=0.1), 0.1) == pytest.approx([0, 0.2, 0.3])
