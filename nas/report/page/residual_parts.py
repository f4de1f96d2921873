"""How far the predictions of a regression are off, as parts of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from nas.data.split import Split
from nas.errors import counted
from nas.plots.charts.residuals import residuals as chart
from nas.report.page.parts import figure, gallery, heading, paragraph, table
from nas.report.page.thumbnails import thumbnail
from nas.report.page.words import measured

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.evaluate.residuals import Residuals
    from nas.metric import Metric

_FIGURES = 4
"""Most targets with a figure; all are in the table."""


def residual_parts(found: Residuals, data: Dataset, metric: Metric, *, worst: int) -> list[Markup]:
    """Errors of each target, predicted against true values, and the largest errors with images.

    Args:
        found: Of the test split.
        data: The data set.
        metric: The measure of quality of the task.
        worst: Number of samples to show.
    """
    total = counted(len(found.true), data.task.traits.sample)
    return [
        _table(found, metric, total),
        *(
            figure(
                chart(found, target),
                f"{name} of {total}: predicted against true values. On the dashed line they are "
                "equal.",
                style="square",
            )
            for target, name in list(enumerate(found.targets.names))[:_FIGURES]
        ),
        *_worst(found, data, worst),
    ]


def _table(found: Residuals, metric: Metric, total: str) -> Markup:
    sizes = found.errors.abs()
    return table(
        ("target", metric.metric, "mean absolute error", "median", "largest", "deviation"),
        [
            (
                name,
                metric.shown(found.explained[target], error=found.explained_error[target]),
                measured(float(sizes[:, target].mean())),
                measured(float(sizes[:, target].median())),
                measured(float(sizes[:, target].max())),
                measured(found.targets.std[target]),
            )
            for target, name in enumerate(found.targets.names)
        ],
        f"Errors over {total}, in the units of the targets; the last column is the standard "
        "deviation of the training targets, about the error of predicting their mean.",
    )


def _worst(found: Residuals, data: Dataset, count: int) -> list[Markup]:
    worst = found.worst(count)
    sample = data.task.traits.sample
    title = heading(f"The {len(worst)} largest errors")
    says = paragraph(
        "In standard deviations of the target: a wrong number in the data, an unclear "
        f"{sample}, or something the model has not learnt."
    )
    if not isinstance(data.test, Split):
        rows = [(index, *_numbers(found, index, target)) for index, target in worst]
        caption = "The largest errors, by number of the sample."
        return [title, says, table((sample, "target", "true", "predicted"), rows, caption)]
    shown = []
    for index, target in worst:
        name, true, predicted = _numbers(found, index, target)
        text = f"Test image {index}: {name} is {true}, predicted {predicted}"
        said = Markup("{} {}, predicted <strong>{}</strong>").format(name, true, predicted)
        shown.append((thumbnail(data.test.held[index], text), said))
    return [title, says, gallery(shown)]


def _numbers(found: Residuals, index: int, target: int) -> tuple[str, str, str]:
    """Name, true and predicted value of a target."""
    true, predicted = (float(table[index, target]) for table in (found.true, found.predicted))
    return found.targets.names[target], measured(true), measured(predicted)
