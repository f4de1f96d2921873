"""The order of scored trials: Pareto fronts, and the score within each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nas.study.ledger import is_scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
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


def losses(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]
) -> NDArray[np.float64]:
    """Values of complete trials, turned so that less is better: (n, objectives)."""
    signs = [-1.0 if direction.name == "MAXIMIZE" else 1.0 for direction in directions]
    table = np.empty((len(trials), len(signs)))
    for row, trial in zip(table, trials, strict=True):
        row[:] = np.multiply(trial.values, signs)
    return table


def first_front(points: NDArray[np.float64]) -> list[int]:
    """Indices of the points that no other point dominates, less being better: (n, m).

    Equal points do not dominate each other. Points are visited in lexicographic order, so one can
    be dominated only by those visited before it.
    """
    kept = np.empty_like(points)
    front: list[int] = []
    for index in np.lexsort(points.T[::-1]):
        rivals, point = kept[: len(front)], points[index]
        dominated = (rivals <= point).all(axis=1) & (rivals < point).any(axis=1)
        if not dominated.any():
            kept[len(front)] = point
            front.append(int(index))
    return front


def fronts(points: NDArray[np.float64], at_least: int) -> list[list[int]]:
    """Successive fronts, until they hold ``at_least`` points or all there are."""
    rest = np.arange(len(points))
    found: list[list[int]] = []
    while len(rest) and sum(map(len, found)) < at_least:
        front = first_front(points[rest])
        found.append([int(rest[index]) for index in front])
        rest = np.delete(rest, front)
    return found
