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


def overconfident(share: float, times: float) -> Callable[[Floats, Floats], tuple[Floats, Floats]]:
    """Predictions that could explain a share of the targets, and are some times too large."""

    def targets(one: Floats, other: Floats) -> tuple[Floats, Floats]:
        true, predicted = explaining(share)(one, other)
        return true, times * predicted

    return targets


def error_and_spread(
    network: Callable[[Floats, Floats], tuple[Floats, Floats]],
) -> tuple[float, float]:
    """The standard error of R², and its spread over many sets of samples."""
    draws = np.random.default_rng(0)
    true, predicted = network(*draws.normal(size=(2, REPEATS, SAMPLES)))
    explained = 1 - np.square(true - predicted).mean(1) / true.var(1)
    return explained_error(float(explained.mean()), SAMPLES), float(explained.std())


@pytest.mark.parametrize(
    "network",
    [
        *(pytest.param(explaining(share), id=f"R² {share}") for share in (0.9, 0.8, 0.5)),
        *(pytest.param(unrelated(scale), id=f"unrelated {scale}") for scale in (1.5, 2.0)),
        pytest.param(biased(1.0), id="biased"),
    ],
)
def test_the_standard_error_of_r2_is_the_spread_over_many_sets_of_samples(
    network: Callable[[Floats, Floats], tuple[Floats, Floats]],
) -> None:
    error, spread = error_and_spread(network)
    assert error == pytest.approx(spread, rel=0.2)


@pytest.mark.parametrize(
    "network",
    [
        *(pytest.param(explaining(share), id=f"R² {share}") for share in (0.3, 0.1)),
        *(pytest.param(unrelated(scale), id=f"unrelated {scale}") for scale in (0.1, 0.5)),
        *(
            pytest.param(overconfident(share, times), id=f"{share} overconfident {times}")
            for share in (0.1, 0.3, 0.5, 0.7)
            for times in (1.5, 2.0, 2.5)
        ),
        pytest.param(biased(0.3), id="biased"),
    ],
)
def test_the_standard_error_of_r2_is_hardly_too_small_whatever_the_network(
    network: Callable[[Floats, Floats], tuple[Floats, Floats]],
) -> None:
    error, spread = error_and_spread(network)
    assert error > 0.69 * spread


def test_an_r2_of_zero_or_less_has_an_error() -> None:
    errors = [explained_error(value, 400) for value in (-2.0, -0.5, -0.01, 0.0)]
    assert errors == sorted(errors, reverse=True)
    assert 0.05 < errors[-1] < errors[0] < 0.5
    assert explained_error(1.0, 400) == 0
    assert METRICS["image-regression"].shown(-0.5, 400) == "-0.500 ± 0.106"
    assert METRICS["image-regression"].shown(0.5, error=0.02) == "0.500 ± 0.020"
    assert METRICS["image-regression"].shown(0.5, error=math.nan) == "0.500"
