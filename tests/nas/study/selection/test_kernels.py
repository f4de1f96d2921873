from __future__ import annotations

import numpy as np
import pytest

from nas.study.selection.kernels import encoded, gaussian, kernels, linear, normal_scores


def test_normal_scores_keep_the_order_and_have_variance_one() -> None:
    values = np.exp(np.random.default_rng(0).normal(size=101))
    scores = normal_scores(values)
    assert (np.argsort(scores) == np.argsort(values)).all()
    assert (scores.mean(), scores.std()) == pytest.approx((0.0, 1.0), abs=0.02)


def test_values_that_are_not_finite_rank_lowest() -> None:
    scores = normal_scores(np.array([1.0, np.nan, 3.0, -np.inf]))
    assert scores[1] == scores[3] < scores[0] < scores[2]


def test_choices_are_told_apart_and_counted() -> None:
    choices = [
        {"left": "conv", "right": "pool"},
        {"left": "pool", "right": "conv"},
        {"left": "conv", "right": "conv"},
    ]
    first, second, third = encoded(choices)
    assert first.shape == (6,)  # two values of two choices, and two counts
    assert (first != second).any()
    same_counts, other_counts = abs(first - second)[4:], abs(first - third)[4:]
    assert (same_counts == 0).all()
    assert (other_counts > 0).all()


def test_choices_of_part_of_the_architectures() -> None:
    columns = encoded([{"depth": 1}, {"depth": 2, "kernel": 3}, {"depth": 2, "kernel": 5}])
    assert columns.shape == (3, 4)
    assert np.isfinite(columns).all()


def test_numbers_of_many_values_are_quantities() -> None:
    widths = [{"width": width, "kernel": 3} for width in range(20, 60)]
    assert encoded(widths) == pytest.approx(normal_scores(np.arange(40.0))[:, None], rel=0.05)


def test_without_choices_all_are_alike() -> None:
    features = encoded([{}, {}, {}])
    assert features.shape == (3, 0)
    assert (linear(features) == 0).all()
    assert (gaussian(features) == 1).all()


def test_kernels_are_covariances() -> None:
    draws = np.random.default_rng(1)
    figures = list(draws.normal(size=(3, 30)))
    choices = [{"op": "abc"[value]} for value in draws.integers(3, size=30)]
    for kernel in kernels(figures, choices).values():
        assert kernel == pytest.approx(kernel.T)
        assert np.linalg.eigvalsh(kernel).min() > -1e-9
        assert np.diag(kernel).mean() == pytest.approx(1.0, abs=0.05)
