"""The trust meter: what a score promised, and what training gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from nas.analysis.figure import FIGURES, known_from
from nas.plots.source import recorded, training_row
from nas.plots.style import (
    BLUE,
    ORANGE,
    data,
    figure,
    figure_axis,
    legend,
    quality,
    quality_axis,
    sized,
)

if TYPE_CHECKING:
    from nas.plots.source import Source
    from nas.study.record.recorded_run import RecordedRun


def trust(source: Source) -> alt.Chart:
    """The score that ranks against the accuracy after a brief training, without mutants.

    Args:
        source: A run folder, the result of a search, or its record.
    """
    run = recorded(source)
    name, metric = ranked_by(run), run.metric
    rows = [
        training_row(run, training) | {name: trial.user_attrs[name]}
        for trial, training in run.judged
    ]
    probes = {run.label(training.hash) for training in run.probes}
    for row in rows:
        row["group"] = "probe" if row["network"] in probes else "chosen"
    return sized(
        alt.Chart(data(rows))
        .mark_circle(size=90, opacity=0.85)
        .encode(
            x=alt.X(name, type="quantitative", **figure_axis(f"{name} before training")),
            y=alt.Y(
                "trained",
                type="quantitative",
                **quality_axis(metric, f"{metric.metric} after training"),
            ),
            color=legend({"chosen": BLUE, "probe": ORANGE}),
            tooltip=[
                alt.Tooltip("network", type="nominal"),
                figure(name),
                quality(metric, "trained", f"{metric.metric} after training"),
                alt.Tooltip("epochs", type="quantitative"),
                alt.Tooltip("role", type="nominal"),
            ],
        )
    )


def ranked_by(run: RecordedRun) -> str:
    """The recorded figure by which the trust meter ranks.

    Forecasts of the regressor are not on record; the first objective that needs weights, from
    which it learns, stands for them.
    """
    name = run.trust.ranked_by
    if name in FIGURES:
        return name
    scored = known_from("weights")
    return next((goal.name for goal in run.objectives if goal.name in scored), "score")
