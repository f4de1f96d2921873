"""The confusion matrix of a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from nas.plots.style import BLUE, GREY, ORANGE, data, layered

if TYPE_CHECKING:
    from nas.training.confusion import Confusion

_SHORT = 3
"""Longest names that fit below the cells side by side."""

_CELL, _LEAST, _LARGEST = 30, 160, 520


def confusion(found: Confusion) -> alt.LayerChart:
    """Samples by their class (rows) and the class that the network prefers (columns).

    Args:
        found: Of :func:`nas.training.confusion.confusion`. Cells without samples are left out.
    """
    names, counts = list(found.names), found.counts.tolist()
    rows = [
        {
            "class": names[i],
            "taken for": names[j],
            "samples": counts[i][j],
            "share": counts[i][j] / sum(counts[i]),
            "group": "right" if i == j else "wrong",
        }
        for i, j in found.counts.nonzero().tolist()
    ]
    scale = alt.Scale(domain=names)
    angle = 0 if max(map(len, names)) <= _SHORT else -90
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("class", type="nominal", scale=scale, axis=alt.Axis(labelLimit=120)),
        x=alt.X(
            "taken for",
            type="nominal",
            scale=scale,
            axis=alt.Axis(labelLimit=80, labelAngle=angle),
        ),
        tooltip=[
            alt.Tooltip("class", type="nominal"),
            alt.Tooltip("taken for", type="nominal"),
            alt.Tooltip("samples", type="quantitative"),
            alt.Tooltip("share", type="quantitative", format=".1%", title="share of the class"),
        ],
    )
    cells = base.mark_rect(stroke=GREY, strokeWidth=0.3).encode(
        color=alt.Color(
            "group",
            type="nominal",
            title=None,
            scale=alt.Scale(domain=["right", "wrong"], range=[BLUE, ORANGE]),
            legend=alt.Legend(orient="top"),
        ),
        opacity=alt.Opacity(
            "share",
            type="quantitative",
            scale=alt.Scale(domain=[0, 1], range=[0.25, 0.9]),
            legend=None,
        ),
    )
    height = min(_LARGEST, max(_LEAST, _CELL * len(names)))
    if len(names) * _CELL > _LARGEST:  # numbers would not fit into the cells
        return layered(cells, height=height)
    text = base.mark_text(fontSize=11).encode(text=alt.Text("samples", type="quantitative"))
    return layered(cells, text, height=height)
