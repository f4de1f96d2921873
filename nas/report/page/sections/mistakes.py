"""Which classes the best model confuses, and its worst mistakes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from markupsafe import Markup
from PIL import Image

from nas.data.fitted import fitted
from nas.data.node_split import NodeSplit
from nas.data.split import Split
from nas.errors import NasError, counted
from nas.exporting.save import load_module
from nas.plots.charts.confusion import confusion as chart
from nas.report.page.parts import Section, figure, heading, note, paragraph, picture, table
from nas.training.confusion import confusion

if TYPE_CHECKING:
    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.report.page.material import Material
    from nas.training.confusion import Confusion, Mistake

_WORST = 12
_LARGEST = 160
"""Side of a thumbnail in pixels."""
_BRACKETS = "In brackets: the probability of the class that the model prefers."
_SMALL = 64
"""Images of fewer pixels are shown with sharp pixels."""


def mistakes(material: Material) -> Section | None:
    """The confusion matrix and the worst mistakes of the best model on the test split."""
    if not material.run.finals:
        return None
    return Section(
        name="mistakes",
        title="Mistakes",
        lead="What the best model gets wrong on the test split, which took no part in the search; "
        "the model was chosen before.",
        parts=tuple(_parts(material)),
    )


def _parts(material: Material) -> list[Markup]:
    data, graph, folder = material.data, material.best_graph, material.run.folder
    if data is None:
        return [note(material.without_data or "The report was made without the data set.")]
    if data.targets is not None:
        return [note("The task is a regression, which has no classes to confuse.")]
    if graph is None or folder is None:
        return [note("The run folder holds no model.")]
    recorded = material.run.identity["dataset"]["fingerprint"]
    if data.fingerprint != recorded:
        return [
            note(
                f"The data set {data.name!r} differs from that of the run (fingerprint "
                f"{data.fingerprint}, not {recorded}), so its test split may hold samples that "
                "the model was trained on."
            )
        ]
    try:
        module = load_module(graph, folder.best)
        found = confusion(module, data, fitted(data, graph).test, worst=_WORST)
    except NasError as error:
        return [note(f"The model cannot be run: {error.message}.")]
    return [
        paragraph(_summary(found, material)),
        figure(
            chart(found),
            "Confusion matrix: each row is a class, each column what the model takes its samples "
            "for; numbers are samples, and wrong ones are orange.",
            style="square",
        ),
        *_worst(found, data),
    ]


def _summary(found: Confusion, material: Material) -> str:
    total = int(found.counts.sum())
    sample = material.data.task.traits.sample if material.data is not None else "sample"
    wrong = found.counts - found.counts.diag().diag()
    sentences = f"{counted(found.mistakes, 'mistake')} among {counted(total, sample)}."
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
        images = data.test.images
        shown = Markup("").join(
            Markup("<li>{}<div>{}</div></li>").format(
                _thumbnail(images[one.index], one), _said(one)
            )
            for one in found.worst
        )
        return [title, says, Markup('<ul class="gallery">{}</ul>').format(shown)]
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


def _thumbnail(image: Tensor, mistake: Mistake) -> Markup:
    """An image (C, H, W) in bytes as a picture; other than three channels are averaged."""
    pixels = image.permute(1, 2, 0) if len(image) == 3 else image.float().mean(0).byte()
    made = Image.fromarray(pixels.cpu().contiguous().numpy())
    made.thumbnail((_LARGEST, _LARGEST))
    with io.BytesIO() as file:
        made.save(file, "PNG", optimize=True)
        content = file.getvalue()
    alt = f"Test image {mistake.index}: {mistake.label}, taken for {mistake.predicted}"
    return picture("png", content, alt, "" if image.shape[-1] < _SMALL else "smooth")
