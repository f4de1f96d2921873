"""Colours, sizes, formats and data of all figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import altair as alt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nas.metric import Metric

BLUE, ORANGE, GREEN, GREY = "#3f7fca", "#e0762f", "#2f9e6e", "#8b95a5"
"""Readable on white and on black."""

_WIDTH, _HEIGHT = 640, 320
_TICKS = 6
_WIDE = 20
"""Ratio of the largest to the smallest size above which an axis is logarithmic."""


def sized(chart: alt.Chart, height: int = _HEIGHT) -> alt.Chart:
    """A chart of the usual size."""
    return chart.properties(width=_WIDTH, height=height)


def layered(*layers: alt.Chart, height: int = _HEIGHT) -> alt.LayerChart:
    """Charts on top of each other, of the usual size."""
    chart = alt.layer(*layers)
    assert isinstance(chart, alt.LayerChart)
    return chart.properties(width=_WIDTH, height=height)


def data(rows: Iterable[Mapping[str, Any]]) -> alt.Data:
    """Rows as the data of a chart; numbers that are not finite, which JSON lacks, are null."""
    values = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return alt.Data(values=values)


def legend(colours: Mapping[str, str], field: str = "group") -> alt.Color:
    """A colour for each group of points, with a legend above the figure."""
    return alt.Color(
        field,
        type="nominal",
        title=None,
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(orient="top", labelLimit=0, columns=3, symbolOpacity=1),
    )


def quality_axis(metric: Metric, title: str) -> dict[str, Any]:
    """Title, format and scale of an axis of a measure of quality."""
    return {
        "title": title,
        "axis": alt.Axis(format=_quality_format(metric, 0), tickCount=_TICKS),
        "scale": alt.Scale(zero=False, padding=8),
    }


def size_axis(values: Iterable[float], title: str) -> dict[str, Any]:
    """Title, format and scale of an axis of sizes, logarithmic where their range is wide."""
    known = list(values)
    is_wide = bool(known) and min(known) > 0 and max(known) > _WIDE * min(known)
    wide, narrow = alt.Scale(type="log", nice=False), alt.Scale(zero=False)
    return {
        "title": title,
        "axis": alt.Axis(format="~s", labelOverlap=True, tickCount=_TICKS, grid=not is_wide),
        "scale": wide if is_wide else narrow,
    }


def figure_axis(title: str) -> dict[str, Any]:
    """Title, format and scale of an axis of any figure."""
    return {
        "title": title,
        "axis": alt.Axis(format=".3~g", tickCount=_TICKS),
        "scale": alt.Scale(zero=False, padding=8),
    }


def quality(metric: Metric, field: str, title: str) -> alt.Tooltip:
    """A tooltip of a measure of quality."""
    return alt.Tooltip(field, type="quantitative", title=title, format=_quality_format(metric, 2))


def number(field: str, title: str) -> alt.Tooltip:
    """A tooltip of a whole number."""
    return alt.Tooltip(field, type="quantitative", title=title, format=",.0f")


def figure(field: str) -> alt.Tooltip:
    """A tooltip of any figure."""
    return alt.Tooltip(field, type="quantitative", format=",.4~r")


def _quality_format(metric: Metric, digits: int) -> str:
    return f".{digits}%" if metric.is_share else f".{digits + 2}~f"


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
