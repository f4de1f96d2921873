from __future__ import annotations

import math

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from nas.errors import ConfigError, EncodingError
from nas.space.trial import ReplayTrial, contains, describe, draw, draw_other, has_others

DISTRIBUTIONS = [
    CategoricalDistribution(("relu", "tanh", None, 3)),
    IntDistribution(1, 1),
    IntDistribution(-2, 7, step=3),
    IntDistribution(1, 512, log=True),
    FloatDistribution(0.0, 1.0),
    FloatDistribution(0.5, 0.5),
    FloatDistribution(0.0, 0.3, step=0.1),
    FloatDistribution(0.1, 0.7, step=0.2),
    FloatDistribution(1e-5, 1e-1, log=True),
    FloatDistribution(1e-3, 1e-3, log=True),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
def test_draws_are_inside(distribution):
    rng = np.random.default_rng(0)
    for _ in range(200):
        value = draw(distribution, rng)
        assert contains(distribution, value)
        assert distribution._contains(distribution.to_internal_repr(value))


@pytest.mark.parametrize(
    ("distribution", "values"),
    [
        (CategoricalDistribution((1, "a", None)), {1, "a", None}),
        (IntDistribution(-2, 7, step=3), {-2, 1, 4, 7}),
        (IntDistribution(1, 4, log=True), {1, 2, 3, 4}),
        (FloatDistribution(0.0, 1.0, step=0.25), {0.0, 0.25, 0.5, 0.75, 1.0}),
    ],
    ids=("choices", "int", "log int", "float"),
)
def test_every_value_is_drawn(distribution, values):
    rng = np.random.default_rng(0)
    assert {draw(distribution, rng) for _ in range(200)} == values


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
def test_another_value_is_drawn_where_there_is_one(distribution):
    rng = np.random.default_rng(0)
    for _ in range(50):
        value = draw(distribution, rng)
        other = draw_other(distribution, value, rng)
        assert contains(distribution, other)
        assert (other != value) == has_others(distribution) == (not distribution.single())


def test_equal_choices_are_one_value():
    rng = np.random.default_rng(0)
    assert not has_others(CategoricalDistribution((1, 1.0, True)))
    assert draw_other(CategoricalDistribution((1, 1)), 1, rng) == 1
    twice = CategoricalDistribution(("a", "b", "b", "c"))
    others = [draw_other(twice, "a", rng) for _ in range(2000)]
    assert others.count("b") == pytest.approx(1000, abs=100)
    assert set(others) == {"b", "c"}


def test_another_value_than_one_of_elsewhere_is_any():
    rng = np.random.default_rng(0)
    assert {draw_other(IntDistribution(1, 3), 9, rng) for _ in range(50)} == {1, 2, 3}
    assert draw_other(IntDistribution(2, 2), 2, rng) == 2


def test_steps_are_drawn_equally_often():
    rng = np.random.default_rng(0)
    values = [draw(IntDistribution(0, 4), rng) for _ in range(5000)]
    assert np.bincount(values).min() > 900


def test_a_logarithmic_draw_is_uniform_in_the_logarithm():
    rng = np.random.default_rng(0)
    logs = [math.log10(draw(FloatDistribution(1e-4, 1, log=True), rng)) for _ in range(4000)]
    counts, _ = np.histogram(logs, bins=4, range=(-4, 0))
    assert counts.min() > 900


@pytest.mark.parametrize(
    ("distribution", "value"),
    [
        (IntDistribution(1, 5), 0),
        (IntDistribution(1, 5), 6),
        (IntDistribution(1, 5), 2.5),
        (IntDistribution(1, 5), "2"),
        (IntDistribution(1, 5), True),
        (IntDistribution(1, 5), None),
        (IntDistribution(1, 5), [2]),
        (IntDistribution(1, 5), math.nan),
        (IntDistribution(1, 5), math.inf),
        pytest.param(IntDistribution(1, 5), 10**400, id="beyond the floats"),
        (IntDistribution(1, 5, step=2), 2),
        (FloatDistribution(0, 1), 1.01),
        (FloatDistribution(0, 1), "x"),
        (FloatDistribution(0, 1), math.nan),
        pytest.param(FloatDistribution(0, 1), 10**400, id="a float beyond the floats"),
        (FloatDistribution(0, 1, step=0.5), 0.3),
        (CategoricalDistribution(("a", "b")), "c"),
        (CategoricalDistribution(("a", "b")), ["a"]),
        (CategoricalDistribution((1, 2)), None),
    ],
    ids=str,
)
def test_values_outside(distribution, value):
    assert not contains(distribution, value)


class TestReplay:
    def test_given_values_are_taken(self):
        trial = ReplayTrial({"kernel": 3, "depth": 2, "rate": 0.5})
        assert trial.suggest_categorical("kernel", [1, 3, 5]) == 3
        assert trial.suggest_int("depth", 1, 4) == 2
        assert trial.suggest_float("rate", 0, 1) == 0.5
        assert trial.params == {"kernel": 3, "depth": 2, "rate": 0.5}

    def test_distributions_are_optunas(self):
        """Our trials record the same distributions as Optuna's own."""

        def ask(trial):
            trial.suggest_categorical("kernel", [1, 3, 5])
            trial.suggest_int("depth", 1, 9, step=2)
            trial.suggest_int("width", 1, 64, log=True)
            trial.suggest_float("rate", 0.0, 1.0, step=0.25)
            trial.suggest_float("slope", 1e-3, 1.0, log=True)
            return trial.distributions

        theirs = ask(optuna.create_study().ask())
        assert ask(ReplayTrial({}, np.random.default_rng(0))) == theirs

    @pytest.mark.parametrize("choices", [(0, 1), (False, True), (0.0, 1.0)])
    def test_equal_choices_of_other_types_are_others(self, choices):
        value = ReplayTrial({"x": 1}).suggest_categorical("x", choices)
        assert type(value) is type(choices[0])

    def test_a_missing_value_is_named_with_the_expected_ones(self):
        with pytest.raises(EncodingError, match="'kernel' is missing; expected one of 1, 3, 5"):
            ReplayTrial({}).suggest_categorical("kernel", [1, 3, 5])

    def test_a_wrong_value_is_named_with_the_expected_ones(self):
        with pytest.raises(EncodingError, match="'depth' is 9; expected a number from 1 to 4"):
            ReplayTrial({"depth": 9}).suggest_int("depth", 1, 4)

    def test_with_a_generator_missing_and_wrong_values_are_drawn(self):
        trial = ReplayTrial({"depth": 9}, np.random.default_rng(0))
        assert trial.suggest_int("depth", 1, 4) in range(1, 5)
        assert trial.suggest_float("rate", 0, 1) <= 1
        assert list(trial.params) == ["depth", "rate"]

    @pytest.mark.parametrize(
        ("given", "suggest", "value"),
        [
            (3.0, lambda trial: trial.suggest_int("a", 1, 4), 3),
            (1, lambda trial: trial.suggest_float("a", 0, 4), 1.0),
            (3.0, lambda trial: trial.suggest_categorical("a", [1, 3]), 3),
            (True, lambda trial: trial.suggest_categorical("a", [1, 3]), 1),
        ],
    )
    def test_values_have_the_type_of_their_distribution(self, given, suggest, value):
        """A JSON file may hold 3.0 for 3; hash and notation must not depend on it."""
        trial = ReplayTrial({"a": given})
        suggested = suggest(trial)
        assert (suggested, type(suggested)) == (value, type(value))
        assert repr(trial.params) == repr({"a": value})

    @pytest.mark.parametrize(
        "trial", [optuna.create_study().ask(), ReplayTrial({}, np.random.default_rng(0))]
    )
    def test_a_name_suggested_again_keeps_its_value(self, trial):
        values = {trial.suggest_int("width", 1, 10**6) for _ in range(5)}
        assert len(values) == 1
        assert trial.params == {"width": values.pop()}

    def test_a_name_with_two_meanings_is_refused(self):
        trial = ReplayTrial({"width": 3})
        trial.suggest_int("width", 1, 4)
        with pytest.raises(ConfigError, match="'width' is suggested twice, once a number from 1"):
            trial.suggest_categorical("width", [3, 4])


@pytest.mark.parametrize(
    ("distribution", "text"),
    [
        (CategoricalDistribution(("a", None)), "one of 'a', None"),
        (IntDistribution(1, 8), "a number from 1 to 8"),
        (FloatDistribution(0.5, 8), "a number from 0.5 to 8.0"),
    ],
)
def test_descriptions(distribution, text):
    assert describe(distribution) == text
