"""The importance of the choices of the space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.plots.charts.importance import chart
from nas.report.page.parts import Section, figure, note
from nas.study.selection.importance import FEWEST, importances

if TYPE_CHECKING:
    from nas.report.page.material import Material


def importance(material: Material) -> Section | None:
    """Which choices decide whether a candidate is among the best tenth."""
    run = material.run
    if not run.scored:
        return None
    found = importances(run)
    goals = " and ".join(objective.name for objective in run.objectives)
    part = (
        note(
            f"This needs at least {FEWEST} scored candidates that differ in {goals}; the search "
            f"has {run.record.counts().complete}."
        )
        if found is None
        else figure(
            chart(found),
            f"Importance of the choices for {goals} before training, by Optuna's PED-ANOVA; all "
            "shares together are 100 %.",
        )
    )
    return Section(
        name="importance",
        title="Importance of choices",
        lead="A choice of the space is important if its values among the best tenth of the "
        "candidates differ from those among all candidates; it concerns the score, not the "
        "accuracy after training.".replace("the score", goals),
        parts=(part,),
    )
