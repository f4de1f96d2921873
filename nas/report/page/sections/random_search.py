"""What a random search of equal cost would have given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import counted
from nas.plots.charts.random_search import chart
from nas.report.page.parts import Section, figure, note, paragraph
from nas.study.selection.random_search import random_search as estimate

if TYPE_CHECKING:
    from markupsafe import Markup

    from nas.report.page.material import Material
    from nas.study.selection.random_search import RandomSearch


def random_search(material: Material) -> Section | None:
    """The estimate beside the best training of the search, of equal length."""
    if not material.run.longest:
        return None
    return Section(
        name="random-search",
        title="Compared with random search",
        lead="What training architectures drawn at random would have given for the same effort; "
        "a search that is not clearly better has not repaid its complexity.",
        parts=tuple(_parts(material)),
    )


def _parts(material: Material) -> list[Markup]:
    run, metric = material.run, material.metric
    found = estimate(run)
    if found is None:
        why = (
            "The run has not recorded two trained probes, from which this is estimated; a search "
            "with six finalists or more trains them."
            if run.result is not None
            else "This is known when the search has finished."
        )
        return [note(why)]
    epochs = counted(found.found.epochs, "epoch")
    low, high = map(metric.shown, found.best.interval)
    return [
        paragraph(
            "For the effort of scoring and of the first rung, a random search trains "
            f"{counted(found.best.draws, 'network')} for {epochs}. Of the best of them "
            f"{metric.shown(found.best.value)} {metric.metric} is expected, between {low} and "
            f"{high} in nine of ten resamples.",
            f"The best of this search's first rung, {_named(material, found)}, reached "
            f"{metric.shown(found.found.val_accuracy)} after as many epochs.",
            _judged(found),
        ),
        figure(
            chart(run, found),
            "The probes, the expected best of a random search with its range, and the best of "
            f"this search, by {metric.metric} on the ranking split after {epochs}.",
        ),
        paragraph(*_caveats(material, found)),
    ]


def _named(material: Material, found: RandomSearch) -> str:
    role = material.run.roles.get(found.found.hash, "")
    return material.run.label(found.found.hash) + (f" ({role})" if role else "")


def _judged(found: RandomSearch) -> str:
    low, high = found.best.interval
    if found.found.val_accuracy > high:
        return "The search is above this range."
    if found.found.val_accuracy < low:
        return "The search is below this range: chance would have served better."
    return "The search is within this range: it was no better than chance."


def _caveats(material: Material, found: RandomSearch) -> list[str]:
    run, probes = material.run, len(found.probes)
    sampler = run.identity.get("sampler")
    sentences = [
        f"The estimate rests on {probes} probes alone, which are spread evenly over the ranking "
        "of all scored candidates."
    ]
    if found.best.draws > probes:
        sentences.append(
            f"As {found.best.draws} trainings are more than {probes} probes, and no estimate "
            "exceeds the best probe, it is rather too low."
        )
    if sampler != "random":
        sentences.append(
            f"Candidates were proposed by the sampler {sampler!r}; as far as it has improved on "
            "chance, the estimate is too high for a random search."
        )
    return sentences
