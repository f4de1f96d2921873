"""How good the networks of a design space are, all at once."""

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
    Recognition): a space whose F is higher is better, whatever search is used in it.

    Attributes:
        errors: One for each network, sorted.

    Raises:
        ValueError: There are none, or one is not finite.

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
        """Error that half of the networks stay below."""
        return float(np.median(self.errors))

    @property
    def least(self) -> float:
        """Error of the best network."""
        return self.errors[0]


@dataclass(frozen=True)
class Difference:
    """Whether two distributions differ: the two-sample test of Kolmogorov and Smirnov.

    Attributes:
        statistic: Largest distance between the two functions, from 0 to 1.
        pvalue: How likely one as large is if they are the same.
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
    """Where the best value of a parameter lies: median and the bounds of 95 % of resamples."""

    low: float
    median: float
    high: float


def best_range(values: Sequence[float], errors: Sequence[float], *, seed: int = 0) -> BestRange:
    """Bootstrap of the value that the best network has, as pycls's ``get_filters`` does it.

    Of 2,500 resamples, a quarter of the population each and drawn with replacement, the value of
    the network with the least error is taken.

    Args:
        values: Of a parameter or of a cost, for each network.
        errors: In the same order.
        seed: Of the resamples.

    Raises:
        ValueError: There are none, or not equally many.
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
