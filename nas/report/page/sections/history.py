"""The course of the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import counted
from nas.plots.charts.history import history as chart
from nas.report.page.parts import Section, figure

if TYPE_CHECKING:
    from nas.report.page.material import Material


def history(material: Material) -> Section | None:
    """The objective of each candidate in order."""
    run = material.run
    if not run.scored:
        return None
    counts, objective = run.record.counts(), run.objectives[0]
    others = [
        counted(number, noun)
        for number, noun in (
            (counts.duplicates, "duplicate"),
            (counts.mutants, "mutant"),
        )
        if number
    ]
    others += [f"{counts.failed} failed"] if counts.failed else []
    others += [f"{counts.infeasible} infeasible"] if counts.infeasible else []
    beside = f" Beside them: {', '.join(others)}." if others else ""
    return Section(
        name="history",
        title="Course of the search",
        lead="Each point is a scored architecture, from left to right in the order of the search; "
        f"the line is the best {objective.name} so far. Where it has long been level, more "
        "candidates would hardly help.",
        parts=(
            figure(
                chart(run),
                f"{counted(counts.complete, 'candidate')} by {objective.name}, as known before "
                f"training.{beside}",
            ),
        ),
    )
