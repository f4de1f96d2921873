from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from nas.study.selection.regressor import AccuracyRegressor


def space(seed: int, count: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Score, figures, embedding, and accuracies that depend on score and embedding."""
    draws = np.random.default_rng(seed)
    score, hidden = draws.normal(size=(2, count))
    figures = np.stack([score + draws.normal(size=count), draws.normal(size=count)], 1)
    embedding = np.outer(hidden, draws.normal(size=12)) + 0.1 * draws.normal(size=(count, 12))
    error = np.exp(-2 - 0.4 * score - 0.4 * hidden)
    return score, figures, embedding, 1 - np.clip(error, 0, 0.9)


def test_it_corrects_the_score() -> None:
    gains = []
    for seed in range(5):
        score, figures, embedding, accuracy = space(seed)
        trained = list(range(20))
        forecast = AccuracyRegressor(score, figures, embedding).fit(trained, accuracy[trained])
        unseen = slice(20, None)
        learned = kendalltau(forecast.mean[unseen], accuracy[unseen]).statistic
        gains.append(learned - kendalltau(score[unseen], accuracy[unseen]).statistic)
    assert min(gains) > 0.05
    assert np.median(gains) > 0.15


def test_with_three_it_stays_with_the_score() -> None:
    score, figures, embedding, accuracy = space(0)
    forecast = AccuracyRegressor(score, figures, embedding).fit(
        [3, 50, 120], accuracy[[3, 50, 120]]
    )
    assert kendalltau(forecast.mean, score).statistic > 0.6


def test_it_is_surer_of_trained_architectures() -> None:
    score, figures, embedding, accuracy = space(1)
    trained = list(range(30))
    forecast = AccuracyRegressor(score, figures, embedding).fit(trained, accuracy[trained])
    assert forecast.std[trained].max() < np.median(forecast.std[30:])


def test_the_forecast_is_minus_the_logarithm_of_the_error() -> None:
    score, figures, embedding, accuracy = space(2)
    trained = list(range(100))
    forecast = AccuracyRegressor(score, figures, embedding).fit(trained, accuracy[trained])
    error = 1 - accuracy
    actual = -np.log(np.minimum(error, 2 * np.median(error)))
    assert np.abs(forecast.mean - actual).mean() < 0.5 * np.abs(actual - actual.mean()).mean()


def test_figures_that_are_not_finite_or_all_equal_do_no_harm() -> None:
    score, figures, embedding, _ = space(3)
    figures[5, 0], embedding[:, 3] = -np.inf, 7.0
    figures[:, 1] = 1.0
    forecast = AccuracyRegressor(score, figures, embedding).fit([0, 5, 9, 11], [0.9] * 4)
    assert np.isfinite(forecast.mean).all()
    assert np.isfinite(forecast.std).all()


def test_too_few() -> None:
    score, figures, embedding, _ = space(4, 10)
    with pytest.raises(ValueError, match="at least 3 trained networks, got 2"):
        AccuracyRegressor(score, figures, embedding).fit([0, 1], [0.5, 0.6])


def test_it_learns_from_accuracies_below_one_half() -> None:
    score, figures, embedding, _ = space(5)
    draws = np.random.default_rng(5)
    accuracies = draws.uniform(0.2, 0.45, 12)
    regressor = AccuracyRegressor(score, figures, embedding)
    one, other = (regressor.fit(list(range(12)), a).mean for a in (accuracies, accuracies[::-1]))
    assert np.abs(one - other).max() > 0.01


def test_an_embedding_may_be_empty() -> None:
    score, figures, _, accuracy = space(6)
    rows = list(range(20))
    forecast = AccuracyRegressor(score, figures, np.empty((200, 0))).fit(rows, accuracy[rows])
    assert np.isfinite(forecast.mean).all()
