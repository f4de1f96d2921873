"""The predictions of a regression beside the true numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from nas.plots.style import BLUE, GREY, data, figure, figure_axis, layered, number

if TYPE_CHECKING:
    from nas.evaluate.residuals import Residuals

_MOST = 1000
"""About as many points are shown; the eye sees no more."""


def residuals(found: Residuals, target: int = 0) -> alt.LayerChart:
    """Predicted against true values of one target; on the line they are equal.

    Args:
        found: Of :func:`nas.evaluate.residuals.residuals`. Of more than a thousand samples only
            some are shown, evenly by their true values.
        target: Number of the target.
    """
    name = found.targets.names[target]
    true, predicted = found.true[:, target], found.predicted[:, target]
    order = true.argsort(stable=True)
    shown = order[:: -(-len(order) // _MOST)]
    rows = [
        {"sample": index, "true": value, "predicted": guess, "error": guess - value}
        for index, value, guess in zip(
            shown.tolist(), true[shown].tolist(), predicted[shown].tolist(), strict=True
        )
    ]
    axis = {**figure_axis(""), "axis": alt.Axis(format=",.4~r")}
    x = alt.X("true", type="quantitative", **{**axis, "title": f"true {name}"})
    y = alt.Y("predicted", type="quantitative", **{**axis, "title": f"predicted {name}"})
    ends = [{"true": end, "predicted": end} for end in (float(true.min()), float(true.max()))]
    line = alt.Chart(data(ends)).mark_line(color=GREY, strokeDash=[5, 4]).encode(x=x, y=y)
    points = (
        alt.Chart(data(rows))
        .mark_circle(color=BLUE, size=36, opacity=0.6)
        .encode(
            x=x,
            y=y,
            tooltip=[
                number("sample", "sample"),
                figure("true"),
                figure("predicted"),
                figure("error"),
            ],
        )
    )
    return layered(line, points)
