"""The trade-off between two goals of a search, with its Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np

from nas.plots.source import CANDIDATE, CHOSEN, MUTANT, TRAINED, recorded, thinned, trial_rows
from nas.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    data,
    figure,
    figure_axis,
    layered,
    legend,
    number,
    quality,
    size_axis,
)
from nas.study.goals.objectives import Objective
from nas.study.selection.pareto import first_front

if TYPE_CHECKING:
    from nas.plots.source import Source
    from nas.study.record.recorded_run import RecordedRun

_SIZES = ("params", "macs", "activation_bytes")


def pareto(source: Source) -> alt.LayerChart:
    """All scored trials by two goals; a line joins those that no other beats in both.

    Args:
        source: A run folder, the result of a search, or its record. The goals are the first two
            objectives; the second is few parameters where there is one objective only.
    """
    run = recorded(source)
    first, second = goals(run)
    rows = trial_rows(run)
    sizes = (row[second.name] for row in rows)
    x = alt.X(
        second.name,
        type="quantitative",
        **size_axis(sizes, second.name) if second.name in _SIZES else figure_axis(second.name),
    )
    y = alt.Y(first.name, type="quantitative", **figure_axis(first.name))
    tooltips = [
        alt.Tooltip("trial", type="nominal"),
        *(figure(goal.name) for goal in (first, second)),
        quality(run.metric, TRAINED, f"{run.metric.metric} after training"),
        number("epochs", "epochs of training"),
        number("macs", "MACs"),
        alt.Tooltip("role", type="nominal"),
    ]
    line = (
        alt.Chart(data(front(rows, (first, second))))
        .mark_line(
            interpolate="step-after" if second.direction == "minimize" else "step-before",
            color=GREEN,
            strokeWidth=2,
            point=alt.OverlayMarkDef(color=GREEN, size=120, filled=False, strokeWidth=2),
        )
        .encode(x=x, y=y, tooltip=tooltips)
    )
    dots = (
        alt.Chart(data(thinned(rows)))
        .mark_circle(size=46, opacity=0.8)
        .encode(
            x=x,
            y=y,
            color=legend({CANDIDATE: GREY, CHOSEN: BLUE, MUTANT: ORANGE}),
            tooltip=tooltips,
        )
    )
    return layered(line, dots)


def goals(run: RecordedRun) -> tuple[Objective, Objective]:
    """The first two objectives; few parameters (or MACs) are the second where there is one."""
    first, *others = run.objectives
    spare = "macs" if first.name == "params" else "params"
    return first, others[0] if others else Objective(spare, "minimize")


def front(rows: list[dict[str, Any]], over: tuple[Objective, ...]) -> list[dict[str, Any]]:
    """The rows that no other row beats in all goals, in the order of the last one."""
    signs = [-1.0 if goal.direction == "maximize" else 1.0 for goal in over]
    points = np.array([[row[goal.name] for goal in over] for row in rows]).reshape(-1, len(over))
    found = [rows[index] for index in first_front(points * signs)]
    return sorted(found, key=lambda row: float(row[over[-1].name]))
