"""The plan of successive halving: numbers of architectures and lengths of training."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from nas.errors import ConfigError, counted

RIVALS = 2
"""Rivals beside finalists and baselines: a known design and the largest network of the space."""


@dataclass(frozen=True)
class Rung:
    """A number of architectures, and the epochs of each training.

    Every rung trains completely anew from the initial weights, with its own warm-up and cosine
    schedule down to zero. A short, annealed training ranks much better than a long one that is
    cut at a high learning rate.

    Attributes:
        size: Number of architectures.
        epochs: Length of each training.
    """

    size: int
    epochs: int

    @property
    def cost(self) -> int:
        """Epochs of all trainings together."""
        return self.size * self.epochs


def plan(
    finalists: int, finalist_epochs: int, max_epochs: int, reduction: int = 3
) -> tuple[Rung, ...]:
    """The rungs of successive halving (Jamieson & Talwalkar 2016), which end in a full training.

    Each rung keeps the best ``1 / reduction`` of the last one and trains them ``reduction`` times
    as long. The rungs end with one architecture, or before the length of the full training.

    Args:
        finalists: Number of architectures on the first rung; 0 leaves only the full training.
        finalist_epochs: Length of their training, at most that of the full training.
        max_epochs: Length of the full training of one architecture; with 0 only the first rung
            remains.
        reduction: From rung to rung, divisor of the size and factor of the epochs.

    Example:
        >>> plan(9, 3, 30)
        (Rung(size=9, epochs=3), Rung(size=3, epochs=9), Rung(size=1, epochs=30))
    """
    if not max_epochs:
        return (Rung(finalists, finalist_epochs),) if finalists else ()
    rungs: list[Rung] = []
    size, epochs = finalists, min(finalist_epochs, max_epochs)
    while size > 1 or (size and not rungs):
        rungs.append(Rung(size, epochs))
        size, epochs = math.ceil(size / reduction), epochs * reduction
        if epochs >= max_epochs:
            break
    return (*rungs, Rung(1, max_epochs))


def training_epochs(rungs: tuple[Rung, ...], finalists: int, baselines: int = 0) -> int:
    """Epochs of all trainings of a plan.

    If there are finalists, the first rung also trains the rivals of the search.
    """
    beside = (RIVALS + baselines) * rungs[0].epochs if finalists else 0
    return sum(rung.cost for rung in rungs) + beside


def affordable(
    budget: float,
    finalist_epochs: int,
    max_epochs: int,
    reduction: int = 3,
    baselines: int = 0,
    splits: int = 1,
) -> int:
    """The largest number of finalists whose trainings cost no more than a budget in epochs.

    All trainings but the full one are repeated on each split.

    Example:
        >>> affordable(90, 3, 30)
        9
        >>> affordable(90, 3, 30, baselines=1)
        8

    Raises:
        ConfigError: The budget is less than the full training, or than one finalist without it.
    """

    def cost(finalists: int) -> int:
        rungs = plan(finalists, finalist_epochs, max_epochs, reduction)
        return splits * (training_epochs(rungs, finalists, baselines) - max_epochs) + max_epochs

    least = max_epochs or cost(1)
    if budget < least:
        needed = "the final training" if max_epochs else "the training of one finalist"
        raise ConfigError(
            f"a budget of {budget:g} epochs is less than the {least} of {needed}",
            hint=f"Allow at least {counted(least, 'epoch')}, or train for fewer.",
        )
    most = int(budget // min(finalist_epochs, max_epochs or finalist_epochs))
    return bisect_right(range(1, most + 1), budget, key=cost)
