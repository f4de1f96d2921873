"""What the search has cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nas.report.page.parts import Section, table
from nas.report.page.words import MISSING, count, stage, taken

if TYPE_CHECKING:
    from nas.report.page.material import Material
    from nas.study.finalists.effort import Effort


def costs(material: Material) -> Section | None:
    """Time and effort of each stage."""
    seconds = {stage(name): spent for name, spent in material.run.record.seconds().items()}
    efforts = _efforts(material)
    total = sum(seconds.values())
    if not total:
        return None
    rows = [
        (
            name,
            *_effort(efforts.get(name)),
            taken(seconds[name]) if name in seconds else MISSING,
            f"{seconds[name] / total:.0%}" if name in seconds else MISSING,
        )
        for name in dict.fromkeys([*efforts, *seconds])
    ]
    worth = sum(effort.equivalent_epochs for effort in efforts.values())
    rows.append(
        ("all", MISSING, MISSING, _worth(worth) if worth else MISSING, taken(total), "100%")
    )
    return Section(
        name="costs",
        title="Costs",
        lead="Where the time went, earlier calls of the same command included. The effort counts "
        "multiply-accumulates alone, in epochs of training the mean network of the first rung, so "
        "it is the same on every machine.",
        parts=(
            table(
                ("stage", "networks", "epochs each", "effort in epochs", "time", "share"),
                rows,
                "Time and effort by stage.",
            ),
        ),
    )


def _efforts(material: Material) -> dict[str, Effort]:
    """The efforts by stage; the last rung of a search with final trainings is these."""
    result = material.run.result
    rungs = [] if result is None else list(result.efforts)
    if material.run.finals and len(rungs) > 1:
        rungs[-1] = replace(rungs[-1], name="train")
    return {stage(effort.name): effort for effort in rungs}


def _effort(effort: Effort | None) -> tuple[str, str, str]:
    """Number of networks, epochs of each, and effort in one unit."""
    if effort is None:
        return MISSING, MISSING, MISSING
    epochs = count(effort.epochs) if effort.epochs else MISSING
    return count(effort.architectures), epochs, _worth(effort.equivalent_epochs)


def _worth(epochs: float) -> str:
    return f"{epochs:,.1f}" if epochs >= 1 else f"{epochs:.2g}"
