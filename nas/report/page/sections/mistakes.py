"""What the best model gets wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.data.fitted import fitted
from nas.errors import NasError
from nas.evaluate.residuals import residuals
from nas.exporting.save import load_module
from nas.report.page.confusion_parts import confusion_parts
from nas.report.page.parts import Section, note
from nas.report.page.residual_parts import residual_parts
from nas.training.confusion import confusion

if TYPE_CHECKING:
    from markupsafe import Markup

    from nas.report.page.material import Material

_WORST = 12


def mistakes(material: Material) -> Section | None:
    """The mistakes of the best model on the test split, the worst ones with their images."""
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
    if graph is None or folder is None:
        return [note("The run folder holds no model.")]
    if not material.has_its_data:
        recorded = material.run.identity["dataset"]["fingerprint"]
        return [
            note(
                f"The data set {data.name!r} differs from that of the run (fingerprint "
                f"{data.fingerprint}, not {recorded}), so its test split may hold samples that "
                "the model was trained on."
            )
        ]
    try:
        module, split = load_module(graph, folder.best), fitted(data, graph).test
        if data.targets is None:
            return confusion_parts(confusion(module, data, split, worst=_WORST), data)
        found = residuals(module, data.targets, split)
        return residual_parts(found, data, material.metric, worst=_WORST)
    except NasError as error:
        return [note(f"The model cannot be run: {error.message}.")]
