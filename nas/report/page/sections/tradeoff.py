"""The trade-off between two goals: the Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas.errors import counted
from nas.plots.charts.pareto import front, goals, pareto
from nas.plots.source import TRAINED, trial_rows
from nas.report.page.parts import Section, figure, table
from nas.report.page.words import MISSING

if TYPE_CHECKING:
    from nas.report.page.material import Material

_MOST = 15


def tradeoff(material: Material) -> Section | None:
    """The front of the first two objectives, or of the objective and the number of parameters."""
    run = material.run
    if not run.scored:
        return None
    first, second = goals(run)
    words = {"maximize": "high", "minimize": "low"}
    is_single = len(run.objectives) == 1
    lead = (
        f"The search had one objective, {first.name}; this shows how much of it smaller networks "
        "keep."
        if is_single
        else f"The objectives are {words[first.direction]} {first.name} and "
        f"{words[second.direction]} {second.name}."
    )
    if len(run.objectives) > 2:
        lead += f" Of the {len(run.objectives)} objectives the first two are drawn."
    rows = front(trial_rows(run), (first, second))
    trained = f"{material.metric.metric} after training"
    return Section(
        name="tradeoff",
        title="Trade-off",
        lead=f"{lead} Each point is an architecture; no other is better in both respects than "
        "those on the line.",
        parts=(
            figure(
                pareto(run),
                f"{counted(len(run.scored), 'architecture')} by {first.name} and {second.name}, "
                "as known before training.",
            ),
            table(
                ("network", first.name, second.name, trained),
                [
                    (
                        row["trial"],
                        _number(row[first.name]),
                        _number(row[second.name]),
                        _trained(row, material),
                    )
                    for row in rows[:_MOST]
                ],
                f"The Pareto front, by {second.name}"
                + (f": the first {_MOST} of {len(rows)}." if len(rows) > _MOST else "."),
            ),
        ),
    )


def _trained(row: dict[str, Any], material: Material) -> str:
    """The result of the longest training, with its length."""
    if row[TRAINED] is None:
        return MISSING
    return f"{material.metric.shown(row[TRAINED])} ({counted(row['epochs'], 'epoch')})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4f}"
