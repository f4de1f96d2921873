"""Whether predictions are any better than chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nas.data.dataset import Dataset

_ERRORS = 2
"""Standard errors that chance explains."""


def is_at_chance(
    value: float, data: Dataset, samples: int, *, untrained: float | None = None
) -> bool:
    """Whether a network's metric is what guessing gives.

    A classifier is at chance if its accuracy is at most two standard errors above that of
    guessing, one over the number of classes, or above that of an untrained network: this one
    gives many images of a class the same label, and so may be a point or two above guessing. A
    regression is at chance if it is no better than the mean of the targets, R² being zero or
    less.

    Args:
        value: Accuracy, or R² of a regression.
        data: The task.
        samples: Number of samples that it was measured on.
        untrained: Accuracy of the same network with default weights on them, if that is known.

    Example:
        >>> from nas.data import load
        >>> digits = load("digits")
        >>> is_at_chance(0.12, digits, 360), is_at_chance(0.14, digits, 360)
        (True, False)
    """
    if data.targets is not None:
        return value <= 0
    guessed = 1 / data.task.classes
    bounds = [guessed + _ERRORS * _error(guessed, samples)]
    if untrained is not None:
        difference = math.hypot(_error(untrained, samples), _error(value, samples))
        bounds.append(untrained + _ERRORS * difference)
    return value <= max(bounds)


def _error(accuracy: float, samples: int) -> float:
    """Standard error of an accuracy."""
    return math.sqrt(accuracy * (1 - accuracy) / samples)
