"""What a random search of equal cost would have found, beside what the search found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from nas.errors import StudyError, counted
from nas.plots.source import recorded, training_row
from nas.plots.style import BLUE, GREY, ORANGE, data, layered, quality, quality_axis
from nas.study.selection.random_search import random_search as estimate

if TYPE_CHECKING:
    from nas.plots.source import Source
    from nas.study.record.recorded_run import RecordedRun
    from nas.study.selection.random_search import RandomSearch

_HEIGHT = 130


def random_search(source: Source) -> alt.LayerChart:
    """The probes, the expected best of a random search, and the best training of the search.

    See :func:`nas.study.selection.random_search.random_search` for the formula.

    Args:
        source: A run folder, the result of a search, or its record.

    Raises:
        StudyError: The run has not recorded two trained probes.
    """
    run = recorded(source)
    found = estimate(run)
    if found is None:
        raise StudyError(
            "the run has not recorded two trained probes",
            hint="A search with six finalists or more trains them, and records them at its end.",
        )
    return chart(run, found)


def chart(run: RecordedRun, found: RandomSearch) -> alt.LayerChart:
    """The figure of an estimate."""
    probes, best = "probes", f"random, best of {found.best.draws}"
    search, metric = "this search", run.metric
    colours = {probes: GREY, best: ORANGE, search: BLUE}
    rows: list[dict[str, Any]] = [
        training_row(run, training) | {"line": probes} for training in found.probes
    ]
    low, high = found.best.interval
    rows += [
        {"network": "expected", "trained": found.best.value, "line": best},
        training_row(run, found.found) | {"line": search},
    ]
    x = quality_axis(metric, f"{metric.metric} after {counted(found.found.epochs, 'epoch')}")
    y = alt.Y("line", type="nominal", sort=list(colours), title=None, axis=alt.Axis(labelLimit=0))
    interval = (
        alt.Chart(data([{"low": low, "high": high, "line": best}]))
        .mark_rule(color=ORANGE, strokeWidth=4, opacity=0.5)
        .encode(
            y=y,
            x=alt.X("low", type="quantitative", **x),
            x2="high",
            tooltip=[quality(metric, name, name) for name in ("low", "high")],
        )
    )
    dots = (
        alt.Chart(data(rows))
        .mark_circle(size=110, opacity=0.9)
        .encode(
            y=y,
            x=alt.X("trained", type="quantitative", **x),
            color=alt.Color(
                "line",
                type="nominal",
                scale=alt.Scale(domain=list(colours), range=list(colours.values())),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("network", type="nominal"),
                quality(metric, "trained", metric.metric),
            ],
        )
    )
    return layered(interval, dots, height=_HEIGHT)
