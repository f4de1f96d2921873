"""The order of scored trials: Pareto fronts, and the score within each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nas.analysis.figure import FIGURES
from nas.study.record.trial_reading import figure_of, is_scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial

    from nas.study.goals.objectives import Objective


def ranked_fronts(
    trials: Iterable[FrozenTrial], directions: Sequence[StudyDirection], at_least: int = 1
) -> list[list[FrozenTrial]]:
    """Successive Pareto fronts of the distinct scored trials, each by score, best first.

    Args:
        trials: Finished trials; duplicates and trials without a score are left out.
        directions: Direction of each objective.
        at_least: Number of trials at which to stop.
    """
    scored = [trial for trial in trials if is_scored(trial)]
    found = fronts(losses(scored, directions), at_least)
    return [
        sorted(
            (scored[index] for index in front),
            key=lambda trial: (-figure_of(trial, "score"), trial.number),
        )
        for front in found
    ]


def best(
    trials: Iterable[FrozenTrial], directions: Sequence[StudyDirection], count: int
) -> list[FrozenTrial]:
    """The first ``count`` trials, by Pareto front and, within a front, by score."""
    ordered = [trial for front in ranked_fronts(trials, directions, count) for trial in front]
    return ordered[:count]


def by_training(
    figures: Sequence[Mapping[str, Any]],
    accuracies: Sequence[float],
    objectives: Sequence[Objective],
    at_least: int | None = None,
) -> list[int]:
    """Indices of architectures: successive Pareto fronts, and the accuracy within each.

    The accuracy after training, known or expected, replaces figures with predicted weights.
    Figures of the graph, such as its size, remain objectives; without them the accuracy alone
    decides. Ties keep the given order.

    Args:
        figures: Figures of each architecture's graph by name.
        accuracies: Accuracy of each architecture, or another measure of quality.
        objectives: Objectives of the search.
        at_least: Number of architectures at which to stop; None orders all.
    """
    points = [
        [-accuracy, *_costs(known, objectives)]
        for known, accuracy in zip(figures, accuracies, strict=True)
    ]
    found = fronts(np.array(points), at_least or len(points)) if points else []
    return [i for front in found for i in sorted(front, key=lambda i: (-accuracies[i], i))]


def _costs(figures: Mapping[str, Any], objectives: Sequence[Objective]) -> list[float]:
    """Objectives known from the graph, with signs such that less is better."""
    return [
        (-1 if objective.direction == "maximize" else 1) * float(figures[objective.name])
        for objective in objectives
        if FIGURES.get(objective.name).known == "graph"
    ]


def losses(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection]
) -> NDArray[np.float64]:
    """Values of complete trials, with signs such that less is better: (n, objectives)."""
    signs = [-1.0 if direction.name == "MAXIMIZE" else 1.0 for direction in directions]
    return np.array([trial.values for trial in trials]).reshape(-1, len(signs)) * signs


def first_front(points: NDArray[np.float64]) -> list[int]:
    """Indices of the points that no other point dominates, less being better: (n, m).

    Equal points do not dominate each other. Points are visited in lexicographic order, so one can
    be dominated only by those visited before it.
    """
    if points.shape[1] == 1:
        return np.flatnonzero(points == points.min(initial=np.inf)).tolist()
    kept = np.empty_like(points)
    front: list[int] = []
    for index in np.lexsort(points.T[::-1]):
        rivals, point = kept[: len(front)], points[index]
        dominated = (rivals <= point).all(axis=1) & (rivals < point).any(axis=1)
        if not dominated.any():
            kept[len(front)] = point
            front.append(int(index))
    return front


def knee(points: NDArray[np.float64]) -> int | None:
    """The index of the point of a front of two goals with the best trade-off, less being better.

    It is farthest from the line between the ends of the front, both goals scaled to 0..1 (Das
    1999, On Characterizing the Knee of the Pareto Curve). None if no point is beyond the line.

    Args:
        points: Points that do not dominate each other, (n, 2).
    """
    width = np.ptp(points, axis=0)
    if len(points) < 3 or not width.all():
        return None
    beyond = 1 - ((points - points.min(0)) / width).sum(1)
    index = int(np.argmax(beyond))
    return index if beyond[index] > 0 else None


def fronts(points: NDArray[np.float64], at_least: int) -> list[list[int]]:
    """Successive fronts, until they hold ``at_least`` points or all points."""
    if points.shape[1] == 1:
        return _ties(points[:, 0], at_least)
    rest = np.arange(len(points))
    found: list[list[int]] = []
    while len(rest) and sum(map(len, found)) < at_least:
        front = first_front(points[rest])
        found.append([int(rest[index]) for index in front])
        rest = np.delete(rest, front)
    return found


def _ties(values: NDArray[np.float64], at_least: int) -> list[list[int]]:
    """The fronts of one objective: indices of equal values, lower ones first."""
    order = np.argsort(values, kind="stable")
    steps = np.flatnonzero(np.diff(values[order])) + 1
    ends = [end for end in (*steps.tolist(), len(values)) if end]
    enough = next((rank for rank, end in enumerate(ends, 1) if end >= at_least), len(ends))
    starts = [0, *ends]
    return [order[start:end].tolist() for start, end in zip(starts, ends[:enough], strict=False)]
