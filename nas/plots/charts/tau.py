"""How well each score known before training ranked the trained networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from nas.plots.source import recorded
from nas.plots.style import BLUE, GREY, ORANGE, data, layered, legend

if TYPE_CHECKING:
    from nas.plots.source import Source

_ROW = 24
"""Height of one line."""


def tau(source: Source) -> alt.LayerChart:
    """Kendall's tau of each score, with its range in nine of ten resamples; the best first.

    Args:
        source: A run folder, the result of a search, or its record.
    """
    trust = recorded(source).trust
    rows = [
        {
            "score": name,
            "tau": value,
            "low": interval[0],
            "high": interval[1],
            "group": "ranks the candidates" if name == trust.ranked_by else "compared",
        }
        for name, value in trust.kendall_tau.items()
        if value is not None and (interval := trust.interval.get(name)) is not None
    ]
    rows.sort(key=lambda row: -float(str(row["tau"])))
    order = [str(row["score"]) for row in rows]
    y = alt.Y("score", type="nominal", sort=order, title=None, axis=alt.Axis(labelLimit=0))
    scale = alt.Scale(domain=[-1, 1])
    colour = legend({"ranks the candidates": ORANGE, "compared": BLUE})
    tooltip = [
        alt.Tooltip("score", type="nominal"),
        *(alt.Tooltip(name, type="quantitative", format=".2f") for name in ("tau", "low", "high")),
    ]
    base = alt.Chart(data(rows))
    zero = alt.Chart(data([{"zero": 0}])).mark_rule(color=GREY, strokeDash=[4, 3])
    whiskers = base.mark_rule(strokeWidth=3, opacity=0.5).encode(
        y=y,
        x=alt.X(
            "low", type="quantitative", scale=scale, title="Kendall's τ with trained accuracy"
        ),
        x2="high",
        color=colour,
        tooltip=tooltip,
    )
    dots = base.mark_circle(size=90, opacity=1).encode(
        y=y, x=alt.X("tau", type="quantitative"), color=colour, tooltip=tooltip
    )
    return layered(
        zero.encode(x=alt.X("zero", type="quantitative")),
        whiskers,
        dots,
        height=_ROW * max(1, len(rows)),
    )
