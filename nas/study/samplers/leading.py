"""The best of several trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.study.selection.pareto import first_front, losses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial


def violation(trial: FrozenTrial) -> float:
    """Sum of the amounts by which constraints are violated."""
    return sum(max(0.0, amount) for amount in trial.constraints.values())


def leading(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]
) -> list[FrozenTrial]:
    """The complete trials that no other one beats, in the given order, none for no trials.

    Less violation of constraints is better; among equals, values that no other trial dominates.
    """
    amounts = [violation(trial) for trial in trials]
    least = min(amounts, default=0.0)
    closest = [trial for trial, amount in zip(trials, amounts, strict=True) if amount == least]
    return [closest[row] for row in sorted(first_front(losses(closest, directions)))]
