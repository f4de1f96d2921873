from __future__ import annotations

import math

import numpy as np
import pytest

from nas.analysis.error_distribution import ErrorDistribution, best_range, difference

SPREAD = ErrorDistribution((0.4, 0.1, 0.2, 0.2))


@pytest.mark.parametrize(
    ("error", "share"), [(0.0, 0), (0.1, 0), (0.15, 1 / 4), (0.2, 1 / 4), (0.3, 3 / 4), (1, 1)]
)
def test_the_share_is_of_those_below(error: float, share: float) -> None:
    assert SPREAD(error) == share


def test_figures() -> None:
    assert (SPREAD.mean, SPREAD.median, SPREAD.least) == pytest.approx((0.225, 0.2, 0.1))
    assert ErrorDistribution((0.1, 0.2, 0.2, 0.4)) == SPREAD


def test_the_mean_is_the_area_above_the_curve() -> None:
    grid = np.linspace(0, 1, 100_001)
    area = 1 - np.mean([SPREAD(error) for error in grid])
    assert area == pytest.approx(SPREAD.mean, abs=1e-4)


@pytest.mark.parametrize("errors", [(), (0.1, math.nan), (math.inf,)])
def test_what_is_no_population(errors: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="finite errors"):
        ErrorDistribution(errors)


def test_the_largest_distance_of_two_curves() -> None:
    """Between 0.25 and 0.3 the one has 3/4 of its networks and the other 1/2."""
    other = ErrorDistribution((0.05, 0.25, 0.5, 0.6))
    grid = np.linspace(0, 1, 1001)
    largest = max(abs(SPREAD(error) - other(error)) for error in grid)
    assert difference(SPREAD, other).statistic == pytest.approx(largest)
    assert difference(SPREAD, other).pvalue > 0.5


def test_populations_that_differ() -> None:
    draw = np.random.default_rng(0)
    better = ErrorDistribution(tuple(draw.normal(0.3, 0.05, 100)))
    worse = ErrorDistribution(tuple(draw.normal(0.4, 0.05, 100)))
    assert difference(better, worse).pvalue < 1e-6
    assert difference(better, better).pvalue == 1


def test_the_best_range_holds_the_best_value() -> None:
    draw = np.random.default_rng(0)
    depths = draw.uniform(1, 30, 200)
    found = best_range(list(depths), list((depths - 20) ** 2 + draw.normal(0, 4, 200)))
    assert 17 < found.low < 20 < found.high < 23
    assert found.low < found.median < found.high


def test_without_influence_the_range_is_wide() -> None:
    draw = np.random.default_rng(0)
    found = best_range(list(draw.uniform(1, 30, 200)), list(draw.normal(0, 4, 200)))
    assert found.high - found.low > 15


def test_resamples_follow_the_seed() -> None:
    values, errors = list(range(40)), [abs(value - 11.5) for value in range(40)]
    assert best_range(values, errors) == best_range(values, errors)
    assert best_range([3.0], [0.1]) == best_range([3.0, 3.0], [0.1, 0.5])
    with pytest.raises(ValueError, match="2 values and 1 errors"):
        best_range([1, 2], [0.5])
