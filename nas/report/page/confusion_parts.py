"""Which classes a network confuses, as parts of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from nas.data.node_split import NodeSplit
from nas.data.split import Split
from nas.errors import counted
from nas.plots.charts.confusion import confusion as chart
from nas.report.page.parts import figure, gallery, heading, paragraph, table
from nas.report.page.thumbnails import thumbnail

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.training.confusion import Confusion, Mistake

_BRACKETS = "In brackets: the probability of the class that the model prefers."


def confusion_parts(found: Confusion, data: Dataset) -> list[Markup]:
    """The confusion matrix, and the worst mistakes with their images.

    Args:
        found: Of the test split.
        data: The data set.
    """
    return [
        paragraph(_summary(found, data)),
        figure(
            chart(found),
            "Confusion matrix: each row is a class, each column what the model takes its samples "
            "for; numbers are samples, and wrong ones are orange.",
            style="square",
        ),
        *_worst(found, data),
    ]


def _summary(found: Confusion, data: Dataset) -> str:
    total = int(found.counts.sum())
    wrong = found.counts - found.counts.diag().diag()
    sentences = (
        f"{counted(found.mistakes, 'mistake')} among {counted(total, data.task.traits.sample)}."
    )
    if found.mistakes:
        most = int(wrong.argmax())
        own, taken = divmod(most, len(found.names))
        sentences += (
            f" Most often, {int(wrong.max())} times, {found.names[own]!r} is taken for "
            f"{found.names[taken]!r}."
        )
    return sentences


def _worst(found: Confusion, data: Dataset) -> list[Markup]:
    if not found.worst:
        return []
    title = heading(f"The {len(found.worst)} worst mistakes")
    says = paragraph(
        "Those with the least probability of the right class: a wrong label, an unclear "
        f"{data.task.traits.sample}, or something the model has not learnt.",
        _BRACKETS if isinstance(data.test, Split) else "",
    )
    if isinstance(data.test, Split):
        images = data.test.held
        shown = gallery(
            (
                thumbnail(
                    images[one.index],
                    f"Test image {one.index}: {one.label}, taken for {one.predicted}",
                ),
                _said(one),
            )
            for one in found.worst
        )
        return [title, says, shown]
    places = (
        data.test.nodes.tolist() if isinstance(data.test, NodeSplit) else range(len(data.test))
    )
    return [
        title,
        says,
        table(
            (data.task.traits.sample, "class", "taken for", "probability of it", "of its class"),
            [
                (
                    places[one.index],
                    one.label,
                    one.predicted,
                    f"{one.confidence:.1%}",
                    f"{one.probability:.1%}",
                )
                for one in found.worst
            ],
            "The worst mistakes, by number of the sample.",
        ),
    ]


def _said(mistake: Mistake) -> Markup:
    return Markup("{} taken for <strong>{}</strong> ({})").format(
        mistake.label, mistake.predicted, f"{mistake.confidence:.0%}"
    )
