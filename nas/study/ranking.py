"""The order of scored trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.study.dominance import fronts, losses
from nas.study.ledger import is_scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial


def ranked_fronts(
    trials: Iterable[FrozenTrial], directions: Sequence[StudyDirection], at_least: int = 1
) -> list[list[FrozenTrial]]:
    """Successive Pareto fronts of the distinct scored trials, each by score, best first.

    Args:
        trials: Finished trials; duplicates and those without a score are left out.
        directions: Which way each objective goes.
        at_least: Stop once the fronts hold so many trials.
    """
    scored = [trial for trial in trials if is_scored(trial)]
    found = fronts(losses(scored, directions), at_least)
    return [
        sorted(
            (scored[index] for index in front),
            key=lambda trial: (-trial.user_attrs["score"], trial.number),
        )
        for front in found
    ]


def best(
    trials: Iterable[FrozenTrial], directions: Sequence[StudyDirection], count: int
) -> list[FrozenTrial]:
    """The first ``count`` trials: those no other dominates first, higher scores first."""
    ordered = [trial for front in ranked_fronts(trials, directions, count) for trial in front]
    return ordered[:count]
