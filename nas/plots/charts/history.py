"""The course of a search: the first objective of each candidate, and the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

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
)

if TYPE_CHECKING:
    from nas.plots.source import Source


def history(source: Source) -> alt.LayerChart:
    """The first objective of each scored trial, in order, and the best candidate so far.

    Args:
        source: A run folder, the result of a search, or its record.
    """
    run = recorded(source)
    objective, rows = run.objectives[0], trial_rows(run)
    x = alt.X(
        "number",
        type="quantitative",
        title="trial",
        axis=alt.Axis(format="d", tickCount=8, tickMinStep=1),
    )
    y = figure_axis(objective.name)
    dots = (
        alt.Chart(data(thinned(rows)))
        .mark_circle(size=46, opacity=0.8)
        .encode(
            x=x,
            y=alt.Y(objective.name, type="quantitative", **y),
            color=legend({CANDIDATE: GREY, CHOSEN: BLUE, MUTANT: ORANGE}),
            tooltip=[
                alt.Tooltip("trial", type="nominal"),
                figure(objective.name),
                quality(run.metric, TRAINED, f"{run.metric.metric} after training"),
                number("params", "parameters"),
                number("macs", "MACs"),
                alt.Tooltip("role", type="nominal"),
            ],
        )
    )
    candidates = [row for row in rows if row["group"] != MUTANT]
    line = (
        alt.Chart(data(_best_so_far(candidates, objective.name, objective.direction)))
        .mark_line(interpolate="step-after", color=GREEN, strokeWidth=2)
        .encode(x=x, y=alt.Y("best", type="quantitative", **y))
    )
    return layered(line, dots)


def _best_so_far(rows: list[dict[str, Any]], name: str, direction: str) -> list[dict[str, Any]]:
    """The trials at which the best value improves, and the last one."""
    sign = 1 if direction == "maximize" else -1
    steps: list[dict[str, Any]] = []
    for row in rows:
        if not steps or sign * row[name] > sign * steps[-1]["best"]:
            steps.append({"number": row["number"], "best": row[name]})
    return [*steps, {**steps[-1], "number": rows[-1]["number"]}] if steps else []
