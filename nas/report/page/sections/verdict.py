"""The result in one paragraph, with the main figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from nas.errors import counted
from nas.report.page.parts import Section, facts, note
from nas.report.page.words import count, taken

if TYPE_CHECKING:
    from nas.report.page.material import Material


def verdict(material: Material) -> Section:
    """The verdict, and the main figures of the best architecture."""
    result = material.run.result
    said = result.verdict if result is not None and result.verdict else _so_far(material)
    parts = [Markup('<p class="verdict">{}</p>').format(" ".join([*_best(material), *said]))]
    if result is None:
        parts.append(
            note(
                "The search has not finished. Repeat its command to continue; this page shows "
                "what is on record so far."
            )
        )
    elif result.stopped:
        parts.append(note(f"The search ended early: {result.stopped}"))
    parts.append(facts(_facts(material)))
    return Section(
        name="verdict",
        title="Verdict",
        lead="What the search found, and whether it has gained anything over its rivals.",
        parts=tuple(parts),
    )


def _best(material: Material) -> list[str]:
    """A sentence on the network that is handed over."""
    run, metric = material.run, material.metric
    best = None if run.result is None else run.result.best
    if best is None or best.test_accuracy is None:
        return []
    value = metric.shown(best.test_accuracy, material.samples("test"))
    return [
        f"The network that is handed over, {run.label(best.hash)}, has a test {metric.metric} of "
        f"{value}, with {counted(best.params, 'parameter')} and {count(best.macs)} "
        "multiply-accumulates."
    ]


def _so_far(material: Material) -> list[str]:
    """What is on record where no verdict is."""
    run, metric = material.run, material.metric
    scored = counted(run.record.counts().complete, "candidate")
    if not run.longest:
        return [f"{scored} scored, none trained." if run.scored else "Nothing was scored."]
    sentences = [f"{scored} scored, {counted(len(run.longest), 'network')} trained."]
    training = run.longest.get(str(run.best))
    if training is not None:
        sentences.append(
            f"The best is {run.label(training.hash)}, with a {metric.metric} of "
            f"{metric.shown(training.val_accuracy)} on the ranking split after "
            f"{counted(training.epochs, 'epoch')}."
        )
    return sentences


def _facts(material: Material) -> list[tuple[str, str]]:
    run, metric = material.run, material.metric
    found: list[tuple[str, str]] = []
    best = None if run.result is None else run.result.best
    if best is not None and best.test_accuracy is not None:
        shown = metric.shown(best.test_accuracy, material.samples("test"))
        found.append((f"test {metric.metric}", shown))
    training, trial = run.longest.get(str(run.best)), run.by_hash.get(str(run.best))
    if training is not None:
        ranking = material.samples("ranking")
        samples = None if ranking is None else ranking * training.splits
        known = None if best is None else best.val_accuracy
        value = training.val_accuracy if known is None else known
        found.append((f"{metric.metric} on the ranking split", metric.shown(value, samples)))
    if best is not None:
        found += [("parameters", count(best.params)), ("MACs", count(best.macs))]
    elif trial is not None:
        found.append(("parameters", count(trial.user_attrs["params"])))
        found.append(("MACs", count(trial.user_attrs["macs"])))
    return [
        *found,
        ("candidates scored", count(run.record.counts().complete)),
        ("networks trained", count(len(run.longest))),
        ("time", taken(sum(run.record.seconds().values()))),
    ]
