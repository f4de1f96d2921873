from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from nas.study.goals.objectives import parse_objectives
from nas.study.selection.pareto import best, by_training, first_front, fronts, knee, ranked_fronts

if TYPE_CHECKING:
    from collections.abc import Sequence


def _study(directions: Sequence[str], values: Sequence[Sequence[float]]) -> optuna.Study:
    study = optuna.create_study(directions=directions)  # type: ignore[arg-type]
    for numbers in values:
        attributes = {"outcome": "scored", "score": numbers[0]}
        study.add_trial(create_trial(values=list(numbers), user_attrs=attributes))
    return study


def _numbers(fronts: Sequence[Sequence[FrozenTrial]]) -> list[list[int]]:
    return [[trial.number for trial in front] for front in fronts]


def test_one_objective_is_sorted_by_score_and_then_by_age() -> None:
    study = _study(["maximize"], [[0.1], [0.3], [0.2], [0.3]])
    assert [t.number for t in best(study.trials, study.directions, 3)] == [1, 3, 2]
    assert [t.number for t in best(study.trials, study.directions, 9)] == [1, 3, 2, 0]


def test_fronts_follow_one_another() -> None:
    values = [[0.9, 9.0], [0.5, 5.0], [0.4, 6.0], [0.1, 1.0], [0.1, 7.0]]
    study = _study(["maximize", "minimize"], values)
    assert _numbers(ranked_fronts(study.trials, study.directions)) == [[0, 1, 3]]
    assert _numbers(ranked_fronts(study.trials, study.directions, 4)) == [[0, 1, 3], [2]]
    assert [t.number for t in best(study.trials, study.directions, 2)] == [0, 1]


@pytest.mark.parametrize(
    "directions", [("maximize",), ("maximize", "minimize"), ("maximize", "minimize", "maximize")]
)
def test_the_first_front_is_that_of_optuna(directions: tuple[str, ...]) -> None:
    draws = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(directions=directions, sampler=draws)  # type: ignore[arg-type]
    for _ in range(80):
        trial = study.ask()
        values = [trial.suggest_int(f"x{i}", 0, 9) for i in range(len(directions))]
        trial.set_user_attr("outcome", "scored")
        trial.set_user_attr("score", values[0])
        study.tell(trial, values)
    front = ranked_fronts(study.trials, study.directions)[0]
    if len(directions) > 1:
        assert {t.number for t in front} == {t.number for t in study.best_trials}
    else:
        assert {t.value for t in front} == {study.best_value}


def test_what_was_not_scored_has_no_rank() -> None:
    study = _study(["maximize"], [[0.1]])
    infeasible = {"outcome": "infeasible"}
    study.add_trial(create_trial(value=float("inf"), user_attrs=infeasible))
    study.add_trial(create_trial(state=TrialState.FAIL, user_attrs={"outcome": "failed"}))
    duplicate = {"outcome": "scored", "score": 5.0, "duplicate_of": 0}
    study.add_trial(create_trial(value=5.0, user_attrs=duplicate))
    assert _numbers(ranked_fronts(study.trials, study.directions, 9)) == [[0]]


def _naive(points: np.ndarray) -> set[int]:
    return {
        i
        for i, p in enumerate(points)
        if not any((q <= p).all() and (q < p).any() for q in points)
    }


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_first_front_holds_the_undominated_points(objectives: int) -> None:
    points = np.random.default_rng(0).integers(0, 8, (60, objectives)).astype(float)
    assert set(first_front(points)) == _naive(points)


def test_infinite_values_are_dominated() -> None:
    assert first_front(np.array([[np.inf, 1.0], [0.0, 1.0]])) == [1]


def test_fronts_stop_when_they_hold_enough() -> None:
    points = np.array([[3.0], [1.0], [2.0], [1.0]])
    assert fronts(points, 1) == [[1, 3]]
    assert fronts(points, 3) == [[1, 3], [2]]
    assert fronts(points, 99) == [[1, 3], [2], [0]]
    assert fronts(np.empty((0, 2)), 1) == []


def _by_training(
    objectives: Sequence[str], values: Sequence[Sequence[float]], accuracies: Sequence[float]
) -> list[int]:
    wanted = parse_objectives(objectives)
    figures = [{o.name: v for o, v in zip(wanted, row, strict=True)} for row in values]
    return by_training(figures, accuracies, wanted)


@pytest.mark.parametrize("objective", ["score", "accuracy", "loss"])
def test_after_training_the_accuracy_replaces_predicted_figures(objective: str) -> None:
    values = [[0.9], [0.1], [0.5], [0.7]]
    assert _by_training([objective], values, [0.2, 0.4, 0.3, 0.4]) == [1, 3, 2, 0]


def test_after_training_costs_remain_objectives() -> None:
    """Predictions say the opposite: the third is dominated by the first, the fourth by all."""
    sizes = [5.0, 1.0, 6.0, 7.0]
    accuracies = [0.8, 0.5, 0.7, 0.4]
    predicted = [0.1, 0.2, 0.3, 0.9]
    ascending = list(zip(predicted, sizes, strict=True))
    assert _by_training(["score", "params:min"], ascending, accuracies) == [0, 1, 2, 3]
    assert _by_training(["score", "params:max"], ascending, accuracies) == [0, 2, 3, 1]
    assert _by_training(["params"], [[size] for size in sizes], accuracies) == [0, 1, 2, 3]


def test_nothing_trained_has_no_order() -> None:
    assert _by_training(["score"], [], []) == []


def test_the_knee_is_the_point_farthest_from_the_line_between_the_ends():
    assert knee(np.array([[0.0, 10.0], [1.0, 2.0], [5.0, 1.0], [10.0, 0.0]])) == 1
    assert knee(np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]])) is None  # on the line
    assert knee(np.array([[0.0, 4.0], [2.0, 3.0], [4.0, 0.0]])) is None  # not beyond it
    assert knee(np.array([[0.0, 1.0], [1.0, 0.0]])) is None
