from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kendalltau

from nas.study.selection.regressor import AccuracyRegressor

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Toy:
    """Architectures whose accuracy depends on the score and on one of their choices."""

    score: Floats
    figures: list[Floats]
    choices: list[dict[str, object]]
    accuracy: Floats

    def regressor(self) -> AccuracyRegressor:
        return AccuracyRegressor(self.score, self.figures, self.choices)


def toy(seed: int, count: int = 200) -> Toy:
    draws = np.random.default_rng(seed)
    score = draws.normal(size=count)
    operations = draws.integers(3, size=(count, 2))
    choices: list[dict[str, object]] = [
        {"left": "abc"[left], "right": "abc"[right]} for left, right in operations
    ]
    hidden = operations[:, 0] - 1.0
    error = np.exp(-2 - 0.4 * score - 0.6 * hidden)
    return Toy(
        score=score,
        figures=[score + draws.normal(size=count), draws.normal(size=count)],
        choices=choices,
        accuracy=1 - np.clip(error, 0, 0.9),
    )


def test_it_corrects_the_score() -> None:
    gains = []
    for seed in range(5):
        known, trained = toy(seed), list(range(30))
        forecast = known.regressor().fit(trained, known.accuracy[trained])
        unseen = slice(30, None)
        learned = kendalltau(forecast.mean[unseen], known.accuracy[unseen]).statistic
        gains.append(learned - kendalltau(known.score[unseen], known.accuracy[unseen]).statistic)
    assert min(gains) > 0.05
    assert np.median(gains) > 0.1


def test_a_good_score_is_not_given_up() -> None:
    draws = np.random.default_rng(0)
    score = draws.normal(size=150)
    choices: list[dict[str, object]] = [{"op": "abc"[i]} for i in draws.integers(3, size=150)]
    accuracy = score + 0.2 * draws.normal(size=150)
    trained = list(range(20))
    regressor = AccuracyRegressor(score, [draws.normal(size=150)], choices)
    mean = regressor.fit(trained, accuracy[trained]).mean[20:]
    assert kendalltau(mean, accuracy[20:]).statistic > 0.8


def test_a_score_that_ranks_backwards_is_given_up() -> None:
    known, trained = toy(7), list(range(40))
    reversed_score = -known.score
    regressor = AccuracyRegressor(reversed_score, known.figures, known.choices)
    mean = regressor.fit(trained, known.accuracy[trained]).mean[40:]
    assert kendalltau(mean, known.accuracy[40:]).statistic > 0.2


def test_it_is_surer_of_trained_architectures() -> None:
    known, trained = toy(1), list(range(30))
    forecast = known.regressor().fit(trained, known.accuracy[trained])
    assert forecast.std[trained].mean() < np.median(forecast.std[30:])


def test_only_the_order_of_the_accuracies_counts() -> None:
    known, rows = toy(2), list(range(25))
    regressor = known.regressor()
    one = regressor.fit(rows, known.accuracy[rows])
    other = regressor.fit(rows, np.exp(5 * known.accuracy[rows]))
    assert one.mean == pytest.approx(other.mean)


def test_figures_that_are_not_finite_or_all_equal_do_no_harm() -> None:
    known = toy(3)
    known.figures[0][5], known.figures[1][:] = -np.inf, 7.0
    forecast = known.regressor().fit([0, 5, 9, 11], [0.9] * 4)
    assert np.isfinite(forecast.mean).all()
    assert np.isfinite(forecast.std).all()


def test_too_few() -> None:
    with pytest.raises(ValueError, match="at least 3 trained networks, got 2"):
        toy(4, 10).regressor().fit([0, 1], [0.5, 0.6])
