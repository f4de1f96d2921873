from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nas.metric import METRICS, explained_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SAMPLES, REPEATS = 300, 4000


def explaining(share: float) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    """Predictions that explain a share of the targets."""

    def targets(one: Floats, other: Floats) -> tuple[Floats, Floats]:
        predicted = math.sqrt(share) * one
        return predicted + math.sqrt(1 - share) * other, predicted

    return targets


def unrelated(scale: float) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    return lambda one, other: (one, scale * other)


def biased(amount: float) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    return lambda one, other: (one, np.full_like(one, amount))


@pytest.mark.parametrize(
    "network",
    [
        *(pytest.param(explaining(share), id=f"R² {share}") for share in (0.8, 0.3, 0.1)),
        *(pytest.param(unrelated(scale), id=f"unrelated {scale}") for scale in (0.1, 0.5, 2.0)),
        *(pytest.param(biased(amount), id=f"biased {amount}") for amount in (0.3, 1.0)),
    ],
)
def test_the_standard_error_of_r2_is_the_spread_over_many_sets_of_samples(
    network: Callable[[Floats, Floats], tuple[Floats, Floats]],
) -> None:
    draws = np.random.default_rng(0)
    true, predicted = network(*draws.normal(size=(2, REPEATS, SAMPLES)))
    explained = 1 - np.square(true - predicted).mean(1) / true.var(1)
    error = explained_error(float(explained.mean()), SAMPLES)
    assert error == pytest.approx(float(explained.std()), rel=0.2)


def test_an_r2_of_zero_or_less_has_an_error() -> None:
    errors = [explained_error(value, 400) for value in (-2.0, -0.5, -0.01, 0.0)]
    assert errors == sorted(errors, reverse=True)
    assert 0.001 < errors[-1] < errors[0] < 0.5
    assert explained_error(1.0, 400) == 0
    assert METRICS["image-regression"].shown(-0.5, 400) == "-0.500 ± 0.087"
