"""The best of several architectures drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nas.seeding import rng

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_RESAMPLES = 2000
_INTERVAL = (0.05, 0.95)


@dataclass(frozen=True, kw_only=True)
class ExpectedBest:
    """The expected best accuracy among some architectures drawn at random.

    Attributes:
        draws: Number of architectures drawn.
        value: The expectation.
        interval: Its range in nine of ten resamples of the sample (bootstrap).
    """

    draws: int
    value: float
    interval: tuple[float, float]


def expected_best(sample: Sequence[float], draws: int) -> ExpectedBest:
    """The expected maximum of ``draws`` accuracies, estimated from a random sample of n.

    With the sample sorted, ``x[1] <= ... <= x[n]``, the maximum of k independent draws from it is
    at most ``x[i]`` with probability ``(i/n)^k``, so its expectation is

    ``sum over i of x[i] * ((i/n)^k - ((i-1)/n)^k)``

    (Dodge et al. 2019, Show Your Work). It cannot exceed the largest value of the sample, so for
    many more draws than the sample holds it is a lower bound. The interval is that of the same
    formula over resamples of the sample.

    Args:
        sample: Accuracies of architectures drawn at random, at least one.
        draws: Number of draws k, at least one.

    Example:
        >>> expected_best([0.5, 0.7], draws=1).value
        0.6
        >>> expected_best([0.5, 0.7], draws=2).value
        0.65
    """
    values = np.asarray(sample, dtype=np.float64)
    steps = (np.arange(len(values) + 1) / len(values)) ** draws
    weights = np.diff(steps)  # (n,)
    picks = rng(0, "expected best").integers(len(values), size=(_RESAMPLES, len(values)))
    resampled = _expected(values[picks], weights)  # (resamples,)
    low, high = np.quantile(resampled, _INTERVAL)
    return ExpectedBest(
        draws=draws,
        value=round(float(_expected(values[None], weights)[0]), 12),
        interval=(float(low), float(high)),
    )


def _expected(samples: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The expected maximum of each sample (b, n): (b,)."""
    return np.asarray(np.sort(samples, axis=1) @ weights)
