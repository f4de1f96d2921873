"""The learning rate over a training."""

from __future__ import annotations

import math


def warm_cosine(step: int, steps: int, warmup: float) -> float:
    """Factor of the peak rate: a linear rise, then half a cosine down to zero.

    Args:
        step: The coming step, from 0.
        steps: All steps.
        warmup: Share of the steps in which the rate rises.

    Example:
        >>> [round(warm_cosine(step, 4, 0.5), 2) for step in range(4)]
        [0.5, 1.0, 1.0, 0.5]
    """
    rise = max(1, round(warmup * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
