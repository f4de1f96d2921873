"""How many architectures are trained for how long: the plan of successive halving."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

from nas.errors import ConfigError, counted

RIVALS = 2
"""Rivals beside finalists and baselines: a known design and the largest network of the space."""


@dataclass(frozen=True)
class Rung:
    """A number of architectures, and the epochs each of them is trained.

    Every rung is a complete training from the initial weights, with a warm-up and a cosine down
    to zero of its own, and nothing of the rung below goes on: a short training that was annealed
    ranks much better than a long one that is cut where the rate is still high.

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

    From one rung to the next the best ``1 / reduction`` are kept and trained ``reduction`` times
    as long, while more than one is left and that is shorter than the full training.

    Args:
        finalists: Architectures on the first rung; 0 goes straight to the full training.
        finalist_epochs: Length of their training, which is at most that of the full one.
        max_epochs: Length of the full training of one; 0 leaves it out, and with it all rungs
            but the first.
        reduction: Divisor of the size of a rung, and factor of its epochs, from one to the next.

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

    Where there are finalists, the first rung holds the rivals of the search besides.
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
        ConfigError: Not even the full training fits, or without one not one finalist.
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
