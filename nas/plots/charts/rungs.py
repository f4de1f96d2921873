"""Successive halving: which networks were trained longer, and what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from nas.plots.source import recorded, training_row
from nas.plots.style import BLUE, GREY, ORANGE, data, layered, legend, quality, quality_axis

if TYPE_CHECKING:
    from nas.plots.source import Source

_GROUPS = {"best": ORANGE, "trained longer": BLUE, "not longer": GREY}


def rungs(source: Source) -> alt.LayerChart:
    """The accuracy of each network after each of its trainings, joined by lines.

    Args:
        source: A run folder, the result of a search, or its record.
    """
    run = recorded(source)
    trainings = [training for rung in run.rungs for training in rung]
    lengths: dict[str, int] = {}
    for training in trainings:
        lengths[training.hash] = lengths.get(training.hash, 0) + 1
    rows = [
        training_row(run, training)
        | {
            "group": "best"
            if training.hash == run.best
            else "trained longer"
            if lengths[training.hash] > 1
            else "not longer"
        }
        for training in trainings
    ]
    metric = run.metric
    base = alt.Chart(data(rows)).encode(
        x=alt.X("epochs", type="ordinal", title="epochs of training", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("trained", type="quantitative", **quality_axis(metric, f"{metric.metric}")),
        color=legend(_GROUPS),
        detail=alt.Detail("network", type="nominal"),
    )
    dots = base.mark_circle(size=80, opacity=0.9).encode(
        tooltip=[
            alt.Tooltip("network", type="nominal"),
            quality(metric, "trained", metric.metric),
            alt.Tooltip("epochs", type="ordinal"),
            alt.Tooltip("role", type="nominal"),
        ]
    )
    return layered(base.mark_line(strokeWidth=1.5, opacity=0.7), dots)
