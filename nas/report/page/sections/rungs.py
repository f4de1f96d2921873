"""Successive halving: who was trained longer."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from nas.errors import counted
from nas.plots.charts.rungs import rungs as chart
from nas.report.page.parts import Section, figure, note, table

if TYPE_CHECKING:
    from nas.report.page.material import Material

_LEAD = (
    "Many networks are trained briefly, and the best of them longer, each time anew; each line is "
    "one network."
)


def rungs(material: Material) -> Section:
    """The accuracies of all trainings by their length."""
    run, metric = material.run, material.metric
    if not run.rungs:
        parts = [note("No network was trained yet.")]
    else:
        rows = []
        for rung, above in zip(run.rungs, (*run.rungs[1:], ()), strict=True):
            kept = {one.hash for one in rung} & {one.hash for one in above}
            accuracies = [one.val_accuracy for one in rung]
            rows.append(
                (
                    counted(rung[0].epochs, "epoch"),
                    len(rung),
                    len(kept) if above else "–",
                    metric.shown(max(accuracies)),
                    metric.shown(median(accuracies)),
                    metric.shown(min(accuracies)),
                )
            )
        parts = [
            figure(
                chart(run),
                f"{counted(len(run.longest), 'network')} by {metric.metric} on the ranking split "
                "and length of training.",
            ),
            table(
                ("length", "networks", "trained longer", "best", "median", "worst"),
                rows,
                f"Networks of each length of training, and their {metric.metric}.",
            ),
        ]
    return Section(name="rungs", title="Trainings", lead=_LEAD, parts=tuple(parts))
