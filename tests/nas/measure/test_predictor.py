from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from nas.errors import ConfigError
from nas.measure.features import features
from nas.measure.predictor import CostPredictor
from nas.measure.priors import device_priors
from tests.nas.measure.networks import network

GRAPHS = [
    network(width, depth, size=size)
    for width in (4, 8, 12, 20)
    for depth in (1, 2, 3, 5)
    for size in (8, 16, 20)
]
POOL = [features(graph) for graph in GRAPHS]
MADE = np.array(
    [0.3 * one["live all count"] + 1e-6 * one["live all macs"] + 0.1 for one in POOL]
)  # a device that takes a time for each operation and each multiplication


def fitted(rows, values=MADE, predictor=None):
    predictor = predictor or CostPredictor.of(POOL)
    return predictor.fit([POOL[row] for row in rows], [values[row] for row in rows])


def test_few_measurements_rank_all_others():
    predictor = CostPredictor.of(POOL)
    rows = predictor.choose(POOL, 8)
    rest = np.setdiff1d(np.arange(len(POOL)), rows)
    mean, std = fitted(rows).predict([POOL[row] for row in rest])
    assert spearmanr(mean, MADE[rest]).statistic > 0.97
    assert (std > 0).all()


def test_predictions_follow_the_unit_of_the_values():
    rows = list(range(0, 48, 5))
    (mean, std), (more, wider) = (
        fitted(rows, values).predict(POOL) for values in (MADE, 1000 * MADE)
    )
    np.testing.assert_allclose(more, 1000 * mean)
    np.testing.assert_allclose(wider, 1000 * std)


def test_a_measured_network_is_predicted_with_less_doubt():
    rows = [0, 10, 20, 30]
    _, with_more = fitted([*rows, 47]).predict([POOL[47]])
    _, without = fitted([*rows, 3]).predict([POOL[47]])
    assert with_more[0] < without[0]


def test_no_prediction_is_below_half_of_the_least_value():
    slow = [row for row in range(48) if POOL[row]["live all macs"] > 1e6]
    falling = 1e6 - np.array([one["live all macs"] for one in POOL]) / 10
    mean, _ = fitted(slow, falling).predict([{name: 1e3 * x for name, x in POOL[-1].items()}])
    assert mean[0] == pytest.approx(falling[slow].min() / 2)


def test_the_error_is_that_of_predicting_each_network_from_the_others():
    rows, noise = [0, 7, 13, 22, 31, 40], 0.05
    measured = [POOL[row] for row in rows]
    predictor = CostPredictor.of(POOL)
    covariance = predictor.coordinates.covariance(measured, measured)
    values = MADE[rows]
    scaled = (values - values.mean()) / values.std()
    left_out = []
    for index in range(len(rows)):
        others = np.delete(np.arange(len(rows)), index)
        inner = covariance[np.ix_(others, others)] + noise * np.eye(len(others))
        left_out.append(covariance[index, others] @ np.linalg.solve(inner, scaled[others]))
    predicted = values.mean() + values.std() * np.array(left_out)
    error = fitted(rows).error
    assert error.relative == pytest.approx(np.median(abs(predicted - values) / values))
    assert error.spearman == pytest.approx(spearmanr(predicted, values).statistic)
    assert error.measured == 6


def test_choices_are_new_and_do_not_depend_on_their_number():
    predictor = CostPredictor.of(POOL)
    rows = predictor.choose(POOL, 12)
    assert len(set(rows)) == 12
    assert predictor.choose(POOL, 5) == rows[:5]
    assert predictor.choose(POOL, 3, given=rows[:2]) == rows[2:5]
    assert sorted(predictor.choose(POOL, 99)) == list(range(len(POOL)))


def test_chosen_networks_explain_more_than_the_first_ones():
    predictor = CostPredictor.of(POOL)
    errors = [
        np.abs(fitted(rows).predict(POOL)[0] - MADE).mean()
        for rows in (predictor.choose(POOL, 6), range(6))
    ]
    assert errors[0] < errors[1] / 2


def test_devices_of_the_same_kind_as_the_priors_need_fewer_measurements():
    prior = device_priors()["silver_4210r"]
    values = np.array([sum(prior.get(name, 0) * x for name, x in one.items()) for one in POOL])
    rows = [0, 17, 29, 44]
    with_, without = (
        fitted(rows, values, CostPredictor.of(POOL, priors)).predict(POOL)[0]
        for priors in (device_priors(), {})
    )
    assert np.abs(with_ - values).mean() < np.abs(without - values).mean()


def test_too_few_values_and_values_that_are_not_finite_are_refused():
    with pytest.raises(ConfigError, match="at least 3 measured networks"):
        fitted([0, 1])
    with pytest.raises(ConfigError, match="not finite"):
        fitted([0, 1, 2], np.full(48, np.nan))


def test_equal_values_and_equal_networks_have_a_prediction():
    mean, _ = fitted([0, 1, 2], np.full(48, 2.0)).predict(POOL)
    np.testing.assert_allclose(mean, 2.0)
    same = CostPredictor.of([POOL[0]] * 4)
    mean, _ = same.fit([POOL[0]] * 3, [1.0, 2.0, 3.0]).predict([POOL[0]])
    assert mean[0] == pytest.approx(2.0)
