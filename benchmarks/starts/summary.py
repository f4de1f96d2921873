"""Tables of what each start gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.isotonic import isotonic_regression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.starts.course import Course

MARKS = (0, 30, 100, 300, 1000)
"""Lengths of the tables."""

Courses = dict[str, list["Course"]]
"""The courses of one network by start, one for each seed."""


def tables(
    networks: Mapping[str, Sequence[Course]], starts: Sequence[str], optimiser: str, steps: int
) -> str:
    """Tables of the networks that have been trained from all starts with the same seeds."""
    complete = {
        name: found
        for name, courses in networks.items()
        if (found := _of_all(courses, starts, optimiser, steps))
    }
    if not complete:
        return "no network has been trained from all starts"
    return "\n\n".join(
        table(complete, starts, [mark for mark in MARKS if mark <= steps])
        for table in (by_length, by_network, shares)
    )


def _of_all(
    courses: Sequence[Course], starts: Sequence[str], optimiser: str, steps: int
) -> Courses:
    """By start, those of seeds that all starts have."""
    wanted = [one for one in courses if one.optimiser == optimiser and one.steps[-1] == steps]
    seeds = [{one.seed for one in wanted if one.start == start} for start in starts]
    common = set.intersection(*seeds)
    if not common:
        return {}
    return {
        start: [one for one in wanted if one.start == start and one.seed in common]
        for start in starts
    }


def by_length(networks: Mapping[str, Courses], starts: Sequence[str], marks: Sequence[int]) -> str:
    """Mean accuracy over the networks, and the difference of the last start to each other."""
    head = [
        "steps",
        *starts,
        *(f"{starts[-1]} - {other}" for other in starts[:-1]),
        "ahead of all",
    ]
    lines = []
    for mark in marks:
        means = np.array(
            [[_at(found[start], mark).mean() for start in starts] for found in networks.values()]
        )  # (networks, starts)
        differences = means[:, -1:] - means[:, :-1]
        lines.append(
            [
                str(mark),
                *(_with_error(column) for column in means.T),
                *(_with_error(column, sign="+") for column in differences.T),
                f"{(differences > 0).all(1).sum()} of {len(means)}",
            ]
        )
    return _table(head, lines)


def by_network(
    networks: Mapping[str, Courses], starts: Sequence[str], marks: Sequence[int]
) -> str:
    """Mean accuracy over the seeds of each network."""
    head = ["network", *(f"after {mark}" for mark in marks), "rates", "cost in steps"]
    lines = []
    for name, found in networks.items():
        cells = [
            " / ".join(f"{_at(found[start], mark).mean():.1f}" for start in starts)
            for mark in marks
        ]
        rates = " / ".join(f"{found[start][0].rate:g}" for start in starts)
        cost = " / ".join(f"{np.mean([one.cost for one in found[start]]):.1f}" for start in starts)
        lines.append([name, *cells, rates, cost])
    return _table(head, lines)


def shares(networks: Mapping[str, Courses], starts: Sequence[str], marks: Sequence[int]) -> str:
    """Steps of the last start, its cost included, to reach what others do, as a share of theirs.

    Accuracies are smoothed by isotonic regression. Where one is not reached, all steps of the
    training count, so the true share is larger.
    """
    head = ["rival", "its steps", "share of them", "not reached"]
    lines = []
    for rival in starts[:-1]:
        for mark in (one for one in marks if one >= 100):
            found = [
                _share(own, other, mark)
                for courses in networks.values()
                for own, other in zip(courses[starts[-1]], courses[rival], strict=True)
            ]
            missed = sum(not reached for _, reached in found)
            values = np.array([share for share, _ in found])
            lines.append(
                [rival, str(mark), _with_error(100 * values) + " %", f"{missed} of {len(found)}"]
            )
    return _table(head, lines)


def _share(own: Course, rival: Course, mark: int) -> tuple[float, bool]:
    goal = float(np.interp(mark, rival.steps, isotonic_regression(rival.accuracy)))
    curve = isotonic_regression(own.accuracy)
    above = np.flatnonzero(curve >= goal)
    if not len(above):
        return (own.steps[-1] + own.cost) / mark, False
    place = int(above[0])
    if place == 0:
        return own.cost / mark, True
    low, high = curve[place - 1], curve[place]
    part = (goal - low) / (high - low)
    steps = own.steps[place - 1] + part * (own.steps[place] - own.steps[place - 1])
    return (steps + own.cost) / mark, True


def _at(courses: Sequence[Course], mark: int) -> NDArray[np.float64]:
    """Accuracy of each seed after ``mark`` steps, in per cent."""
    return 100 * np.array([np.interp(mark, one.steps, one.accuracy) for one in courses])


def _with_error(values: NDArray[np.float64], sign: str = "") -> str:
    """Mean and standard error over the networks."""
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{values.mean():{sign}.1f} ± {error:.1f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
