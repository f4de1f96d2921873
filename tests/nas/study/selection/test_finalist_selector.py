from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import optuna
import pytest

from nas.analysis.figure import FIGURES
from nas.study.goals.objectives import parse_objectives
from nas.study.selection.finalist_selector import REGRESSOR, FinalistSelector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optuna.trial import FrozenTrial

SCORE = parse_objectives(["score"])


def ranked(
    scores: Sequence[float], choices: Sequence[int] | None = None, **figures: Sequence[float]
) -> list[FrozenTrial]:
    """Scored trials of one choice in the order given; figures not given are all equal."""
    study = optuna.create_study(direction="maximize")
    for row, score in enumerate(scores):
        if choices is not None:
            study.enqueue_trial({"kernel": choices[row]})
        trial = study.ask()
        if choices is not None:
            trial.suggest_int("kernel", 0, max(choices))
        given = {name: float(values[row]) for name, values in figures.items()}
        for name, value in {**dict.fromkeys(FIGURES, 1.0), "score": score, **given}.items():
            trial.set_user_attr(name, value)
        study.tell(trial, score)
    return study.trials


def train_all(
    selector: FinalistSelector, accuracies: Sequence[float], count: int
) -> dict[int, float | None]:
    trained: dict[int, float | None] = {}
    while len(trained) < count and (trial := selector(trained)) is not None:
        trained[trial.number] = accuracies[trial.number]
    return trained


def test_first_the_best_then_probes_all_over_the_ranking_then_the_next_best() -> None:
    trials = ranked([float(-i) for i in range(31)])
    selector = FinalistSelector(trials, SCORE, probes=2)
    trained = train_all(selector, [1 - i / 100 for i in range(31)], 5)
    assert list(trained) == [0, 10, 20, 1, 2]


def test_nothing_is_trained_twice_and_all_come_in_the_end() -> None:
    trials = ranked([float(-i) for i in range(7)])
    selector = FinalistSelector(trials, SCORE, probes=3)
    trained = train_all(selector, [0.5] * 7, 99)
    assert sorted(trained) == list(range(7))
    assert selector(trained) is None


def test_without_trials_there_is_no_choice() -> None:
    selector = FinalistSelector([], SCORE, probes=2)
    assert selector({}) is None
    assert selector.trust({}).probes == 0


def test_what_diverged_is_neither_learned_from_nor_trained_again() -> None:
    trials = ranked([float(-i) for i in range(9)])
    selector = FinalistSelector(trials, SCORE)
    tried = {0: None, 1: 0.5, 2: 0.4}
    assert selector.trust(tried).probes == 2
    assert selector(tried) is trials[3]


def test_the_same_answers_lead_to_the_same_choice() -> None:
    draws = np.random.default_rng(0)
    trials = ranked(sorted(draws.random(40).tolist(), reverse=True))
    accuracies = draws.random(40).tolist()
    once, again = (
        train_all(FinalistSelector(trials, SCORE, probes=2), accuracies, 12) for _ in "ab"
    )
    assert once == again


def test_choices_that_decide_are_learned() -> None:
    draws = np.random.default_rng(1)
    kernels = draws.integers(3, size=200).tolist()
    trials = ranked(sorted(draws.random(200).tolist(), reverse=True), choices=kernels)
    accuracies = [0.7 + 0.1 * kernel + 0.001 * draws.random() for kernel in kernels]
    selector = FinalistSelector(trials, SCORE, probes=4)
    trained = train_all(selector, accuracies, 24)
    assert selector.trust(trained).ranked_by == REGRESSOR
    assert [kernels[number] for number in list(trained)[-8:]] == [2] * 8


def test_a_figure_that_surely_ranks_better_takes_over() -> None:
    count = 60
    draws = np.random.default_rng(2)
    paths = [float(value) for value in draws.permutation(count)]
    trials = ranked([float(-i) for i in range(count)], mean_path=paths)
    accuracies = [0.5 + value / 200 for value in paths]
    selector = FinalistSelector(trials, SCORE, probes=12)
    trained = train_all(selector, accuracies, 20)
    assert selector.trust(trained).ranked_by == "mean_path"
    following = selector(trained)
    assert following is not None
    left = [paths[trial.number] for trial in trials if trial.number not in trained]
    assert paths[following.number] == max(left)


def test_the_ranking_is_that_of_the_objective() -> None:
    accuracy = [0.9, 0.8, 0.7, 0.6, 0.5]
    trials = ranked([0.1, 0.5, 0.2, 0.4, 0.3], accuracy=accuracy)
    selector = FinalistSelector(trials, parse_objectives(["accuracy"]))
    trained = train_all(selector, accuracy, 3)
    assert list(trained) == [0, 1, 2]
    assert selector.trust(trained).ranked_by == "accuracy"


def test_trust_does_not_depend_on_the_order_of_training() -> None:
    draws = np.random.default_rng(3)
    trials = ranked(sorted(draws.random(60).tolist(), reverse=True))
    selector = FinalistSelector(trials, SCORE)
    numbers = draws.permutation(60)[:25].tolist()
    tried: dict[int, float | None] = {number: draws.random() for number in numbers}
    backwards = dict(reversed(tried.items()))
    assert selector.trust(tried) == selector.trust(backwards)


def test_lower_losses_are_better() -> None:
    trials = ranked([3.0, 2.0, 1.0, 0.0], loss=[0.1, 0.2, 0.3, 0.4])
    found = FinalistSelector(trials, SCORE).trust({0: 0.9, 1: 0.8, 2: 0.7, 3: 0.6})
    assert found.kendall_tau["loss"] == pytest.approx(1.0)


def test_costs_stay_objectives() -> None:
    objectives = parse_objectives(["score", "params:min"])
    study = optuna.create_study(directions=["maximize", "minimize"])
    for score, params in ((0.9, 9.0), (0.8, 9.5), (0.1, 1.0), (0.2, 2.0), (0.05, 9.9)):
        trial = study.ask()
        for name, value in {**dict.fromkeys(FIGURES, 1.0), "score": score}.items():
            trial.set_user_attr(name, value)
        trial.set_user_attr("params", params)
        study.tell(trial, [score, params])
    first_front = [study.trials[i] for i in (0, 3, 2)]
    selector = FinalistSelector([*first_front, study.trials[1], study.trials[4]], objectives)
    trained = train_all(selector, [0.9, 0.8, 0.1, 0.2, 0.05], 4)
    assert set(list(trained)[:3]) == {0, 2, 3}
    assert list(trained)[3] == 1
