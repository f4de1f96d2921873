"""The trust meter: whether the ranking was right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.analysis.figure import FIGURES
from nas.errors import counted
from nas.plots.charts.tau import tau
from nas.plots.charts.trust import ranked_by
from nas.plots.charts.trust import trust as chart
from nas.report.page.parts import Section, figure, note, paragraph
from nas.study.selection.trust import FEWEST

if TYPE_CHECKING:
    from markupsafe import Markup

    from nas.report.page.material import Material


def trust(material: Material) -> Section:
    """Scores against trained accuracies, and tau of each score."""
    lower = FIGURES.get(ranked_by(material.run)).promises == "lower"
    course = "fall" if lower else "rise"
    return Section(
        name="trust",
        title="Trust in the ranking",
        lead="Before training, a score ranks all candidates; here it is compared with what a "
        f"brief training gave. Where it ranks well, points {course} from left to right.",
        parts=tuple(_parts(material)),
    )


def _parts(material: Material) -> list[Markup]:
    run, metric = material.run, material.metric.metric
    if not run.judged:
        return [note("No candidate was trained yet, so nothing is known about the ranking.")]
    name, epochs = ranked_by(run), run.judged[0][1].epochs
    parts = [
        paragraph(_said(material)),
        figure(
            chart(run),
            f"{counted(len(run.judged), 'network')} by {name} before training and {metric} after "
            f"{counted(epochs, 'epoch')}. Probes were taken evenly from the whole "
            "ranking, the others because they ranked high or had to be beaten.",
        ),
    ]
    if any(interval is not None for interval in run.trust.interval.values()):
        parts.append(
            figure(
                tau(run),
                "Kendall's τ of each score: 1 is the same order as after training, 0 no relation, "
                "-1 the reverse order. Lines are the range in nine of ten resamples of the "
                "trained networks; a line that crosses 0 proves nothing.",
            )
        )
    return parts


def _said(material: Material) -> str:
    trust = material.run.trust
    value, interval = trust.kendall_tau.get(trust.ranked_by), trust.interval.get(trust.ranked_by)
    if value is None or interval is None:
        return (
            f"{counted(trust.probes, 'training')} are too few for a correlation, which needs "
            f"{FEWEST} of different result."
        )
    low, high = interval
    says = (
        "the trainings confirm it"
        if low > 0
        else "the trainings contradict it"
        if high < 0
        else "the trainings do not confirm it"
    )
    return (
        f"The ranking by {trust.ranked_by} has τ = {value:.2f}, between {low:.2f} and {high:.2f} "
        f"in nine of ten resamples of {counted(trust.probes, 'training')}: {says}."
    )
