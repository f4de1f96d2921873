"""The trained networks, and their drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from nas.drawing.svg_drawing import draw_svg
from nas.errors import counted
from nas.report.page.parts import Section, heading, note, picture, table
from nas.report.page.words import MISSING, count

if TYPE_CHECKING:
    from nas.report.page.material import Material
    from nas.study.record.trained import Training

_ROWS, _DRAWINGS = 25, 4
_LARGEST = 120_000
"""Characters of a drawing; those of networks with many branches would fill the page."""


def finalists(material: Material) -> Section | None:
    """All trained networks as a table, and drawings of the first of them."""
    standing = _standing(material)
    if not standing:
        return None
    parts = [_table(material, standing), heading("Drawings"), *_drawings(material, standing)]
    return Section(
        name="finalists",
        title="Trained networks",
        lead="All networks that were trained, the best first, then by length of training and by "
        f"{material.metric.metric} on the ranking split; ± is the standard error.",
        parts=tuple(parts),
    )


def _standing(material: Material) -> list[Training]:
    """The longest training of each network: the best one first, then by length and accuracy."""
    best = material.run.best
    return sorted(
        material.run.longest.values(),
        key=lambda one: (one.hash != best, -one.epochs, -one.val_accuracy),
    )


def _table(material: Material, standing: list[Training]) -> Markup:
    run, metric, ranking = material.run, material.metric, material.samples("ranking")
    rows = []
    for training in standing[:_ROWS]:
        samples = None if ranking is None else ranking * training.splits
        trial = run.by_hash.get(training.hash)
        figures = {} if trial is None else trial.user_attrs
        test = training.test_accuracy
        score = figures.get("score")
        rows.append(
            (
                run.label(training.hash),
                training.epochs,
                metric.shown(training.val_accuracy, samples),
                MISSING if test is None else metric.shown(test, material.samples("test")),
                MISSING if score is None else f"{score:.3f}",
                count(figures.get("params")),
                count(figures.get("macs")),
                run.roles.get(training.hash, ""),
            )
        )
    caption = f"{counted(len(standing), 'trained network')}"
    if len(standing) > _ROWS:
        caption += f", the first {_ROWS}"
    return table(
        (
            "network",
            "epochs",
            f"{metric.metric}, ranking split",
            f"{metric.metric}, test split",
            "score",
            "parameters",
            "MACs",
            "role",
        ),
        rows,
        f"{caption}.",
    )


def _drawings(material: Material, standing: list[Training]) -> list[Markup]:
    found: list[Markup] = []
    for training in standing[:_DRAWINGS]:
        graph = material.graph(training.hash)
        if graph is None:
            continue
        name = material.run.label(training.hash)
        svg = draw_svg(graph)
        if len(svg) > _LARGEST:
            found.append(note(f"The drawing of {name} is too large for this page."))
            continue
        image = picture("svg+xml", svg.encode(), f"Drawing of the network {name}", "")
        trial = material.run.by_hash.get(training.hash)
        notation = "" if trial is None else trial.user_attrs["architecture"]
        found.append(
            Markup(
                "<details{}><summary>{}</summary><p><code>{}</code></p>"
                '<div class="drawing" tabindex="0" role="region" aria-label="{}">{}</div>'
                "</details>"
            ).format(
                Markup(" open" if not found else ""),
                f"{name}: {counted(len(graph.nodes), 'operation')}",
                notation,
                f"Drawing of {name}",
                image,
            )
        )
    if not found:
        return [note("Networks of this space cannot be built here; name it with --space.")]
    return found
