from __future__ import annotations

from dataclasses import replace

import pytest

from nas.data.dataset import Targets
from nas.training.chance import is_at_chance
from tests.nas.training.train_toys import toy_data


@pytest.mark.parametrize(
    ("accuracy", "samples", "chance"),
    [(0.33, 32, True), (0.45, 32, True), (0.45, 3200, False), (0.55, 32, False), (0.1, 32, True)],
)
def test_it_is_the_binomial_error_of_guessing(accuracy, samples, chance) -> None:
    assert is_at_chance(accuracy, toy_data(), samples) is chance


def test_a_regression_is_at_chance_if_it_explains_nothing() -> None:
    data = replace(toy_data(), targets=Targets(("age",), (0.0,), (1.0,)))
    assert is_at_chance(0.0, data, 32)
    assert not is_at_chance(0.01, data, 32)


def test_an_untrained_network_may_be_above_guessing() -> None:
    assert not is_at_chance(0.40, toy_data(), 3200)
    assert is_at_chance(0.40, toy_data(), 3200, untrained=0.39)
    assert not is_at_chance(0.45, toy_data(), 3200, untrained=0.39)
    assert is_at_chance(0.33, toy_data(), 3200, untrained=0.1)
