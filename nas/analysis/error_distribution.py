"""Error distribution of the networks of a design space."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import ks_2samp

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESAMPLES = 2500
_SHARE = 0.25
_OUTSIDE = 5.0


@dataclass(frozen=True)
class ErrorDistribution:
    """The empirical distribution function of the errors of random networks.

    F(e) = (1/n) Σ 1[e_i < e] (Radosavovic et al. 2019, On Network Design Spaces for Visual
    Recognition): a space with higher F is better, for every search method.

    Attributes:
        errors: One for each network, sorted.

    Raises:
        ValueError: There are no errors, or one is not finite.

    Example:
        >>> found = ErrorDistribution((0.3, 0.1, 0.2, 0.2))
        >>> found(0.2), found(0.25), found.mean
        (0.25, 0.75, 0.2)
    """

    errors: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.errors or not np.isfinite(self.errors).all():
            raise ValueError(f"expected finite errors, got {self.errors}")
        object.__setattr__(self, "errors", tuple(sorted(self.errors)))

    def __call__(self, error: float) -> float:
        """Share of the networks with a smaller error."""
        return bisect_left(self.errors, error) / len(self.errors)

    @property
    def mean(self) -> float:
        """Mean error: the area above the curve."""
        return float(np.mean(self.errors))

    @property
    def median(self) -> float:
        """Median error."""
        return float(np.median(self.errors))

    @property
    def least(self) -> float:
        """Error of the best network."""
        return self.errors[0]


@dataclass(frozen=True)
class Difference:
    """Difference of two distributions: the two-sample test of Kolmogorov and Smirnov.

    Attributes:
        statistic: Largest distance between the two functions, from 0 to 1.
        pvalue: Probability of a statistic at least this large if the distributions are equal.
    """

    statistic: float
    pvalue: float


def difference(first: ErrorDistribution, second: ErrorDistribution) -> Difference:
    """Compare two populations.

    Example:
        >>> low, high = ErrorDistribution((0.1, 0.2, 0.3)), ErrorDistribution((0.4, 0.5, 0.6))
        >>> difference(low, high).statistic
        1.0
    """
    found = ks_2samp(first.errors, second.errors)
    return Difference(float(found.statistic), float(found.pvalue))


@dataclass(frozen=True)
class BestRange:
    """Best value of a parameter: median and the bounds of 95 % of resamples."""

    low: float
    median: float
    high: float


def best_range(values: Sequence[float], errors: Sequence[float], *, seed: int = 0) -> BestRange:
    """Bootstrap of the best network's value, as in pycls's ``get_filters``.

    Each of 2,500 resamples, a quarter of the population drawn with replacement, gives the value of
    its network with the least error.

    Args:
        values: Values of a parameter or of a cost, one for each network.
        errors: In the same order.
        seed: Seed of the resamples.

    Raises:
        ValueError: There are no values, or the number of errors differs.
    """
    if not values or len(values) != len(errors):
        raise ValueError(
            f"expected an error for each value, got {len(values)} values and {len(errors)} errors"
        )
    drawn = np.random.default_rng(seed).integers(
        len(values), size=(_RESAMPLES, max(1, int(_SHARE * len(values))))
    )
    winners = drawn[np.arange(_RESAMPLES), np.asarray(errors)[drawn].argmin(1)]
    bounds = (_OUTSIDE / 2, 50, 100 - _OUTSIDE / 2)
    low, median, high = np.percentile(np.asarray(values)[winners], bounds)
    return BestRange(float(low), float(median), float(high))
