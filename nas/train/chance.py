"""Whether predictions are any better than chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.data.dataset import Dataset

_DEVIATIONS = 2
"""Standard deviations of the binomial distribution that chance explains."""


def is_at_chance(value: float, data: Dataset, samples: int) -> bool:
    """Whether a network's metric is what guessing gives.

    A classifier is at chance if its accuracy is at most two standard deviations above that of
    guessing, one over the number of classes. A regression is at chance if it is no better than
    the mean of the targets, R² being zero or less.

    Args:
        value: Accuracy, or R² of a regression.
        data: The task.
        samples: Number of samples that it was measured on.

    Example:
        >>> from nas.data import load
        >>> digits = load("digits")
        >>> is_at_chance(0.12, digits, 360), is_at_chance(0.14, digits, 360)
        (True, False)
    """
    if data.targets is not None:
        return value <= 0
    guessed = 1 / data.task.classes
    deviation = math.sqrt(guessed * (1 - guessed) / samples)
    return value <= guessed + _DEVIATIONS * deviation
