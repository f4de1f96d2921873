"""What a random search of equal cost would have found."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from nas.analysis.expected_best import expected_best
from nas.study.finalists.effort import SCORING
from nas.study.record.trial_reading import figure_of

if TYPE_CHECKING:
    from nas.analysis.expected_best import ExpectedBest
    from nas.study.record.recorded_run import RecordedRun
    from nas.study.record.trained import Training


@dataclass(frozen=True, kw_only=True)
class RandomSearch:
    """A random search that costs as much as scoring and the first rung of a search.

    Attributes:
        probes: The trainings of the probes, which stand for architectures drawn at random.
        best: The expected best accuracy of as many trainings as the cost allows.
        found: The best training of the first rung of the search, of the same length.
    """

    probes: tuple[Training, ...]
    best: ExpectedBest
    found: Training


def random_search(run: RecordedRun) -> RandomSearch | None:
    """What a random search would have found with the cost of scoring and of the first rung.

    Random search could promote its best to longer trainings as well, so both are compared after
    the brief training. It affords ``k = (s + f) / p`` trainings, at least one: s is the effort of
    scoring all candidates and f that of the first rung, mutants and rivals included, both in
    epochs of the rung's mean network (:class:`nas.study.finalists.effort.EquivalentEpoch`); p is
    the effort of training the mean probe. The estimate is
    :func:`nas.analysis.expected_best.expected_best` of k draws from the probes' accuracies.

    The probes are no independent draws: they are spread evenly over the ranking of the scored
    candidates. So the estimate concerns candidates as the sampler proposed them; a sampler that
    has improved on chance makes it too high for a random search.

    Returns:
        None with fewer than two probes, and for runs that have not recorded which they are.
    """
    efforts = {} if run.result is None else {one.name: one for one in run.result.efforts}
    probes, brief = run.probes, efforts.get("rung 1")
    rung = next((rung for rung in run.rungs if brief and rung[0].epochs == brief.epochs), ())
    if len(probes) < 2 or brief is None or not rung:
        return None
    mean = fmean(_macs(run, training) for training in rung if training.hash in run.by_hash)
    relative = fmean(_macs(run, training) for training in probes) / mean
    spent = brief.equivalent_epochs + efforts[SCORING].equivalent_epochs
    draws = max(1, int(spent / (relative * probes[0].epochs * probes[0].splits)))
    return RandomSearch(
        probes=probes,
        best=expected_best([training.val_accuracy for training in probes], draws),
        found=rung[0],
    )


def _macs(run: RecordedRun, training: Training) -> float:
    return figure_of(run.by_hash[training.hash], "macs")
