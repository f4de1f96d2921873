"""The result of a search in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nas.errors import counted
from nas.study.finalists.rivals import SURE
from nas.study.selection.finalist_selector import REGRESSOR
from nas.training.starts.default import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nas.study.finalists.rivals import Lead
    from nas.study.result import RivalResult, SearchResult
    from nas.study.selection.trust import Trust
    from nas.task.kind import TaskKind

ENOUGH_PROBES = 5
"""With fewer trained networks a correlation is noise."""


def verdict(result: SearchResult) -> tuple[str, ...]:
    """Sentences that a reader without any knowledge of the search understands."""
    kind = result.best.candidate.space.task.traits
    parts = (
        _winner(result, kind),
        *_rivals(result, kind),
        _probes(result, kind),
        _start(result),
        _trust(result.trust),
        _regressor(result.trust),
    )
    return tuple(part for part in parts if part)


def _winner(result: SearchResult, kind: TaskKind) -> str:
    best, count = result.best, len(result.finalists)
    if best.val_accuracy is None:
        return "Nothing was trained: the best architecture is the first in the ranking."
    name = _name_of_winner(result)
    if any(_is_best(rival, result) for rival in result.rivals):
        return f"{name} is the best of {count} trained networks: nothing found beats it."
    return f"{name} is the best of {counted(count, 'trained network')}."


def _name_of_winner(result: SearchResult) -> str:
    for rival in result.rivals:
        if _is_best(rival, result):
            return _described(rival)
    return f"Architecture {result.best.name}"


def _is_best(rival: RivalResult, result: SearchResult) -> bool:
    """Whether a rival has won; a baseline may be an architecture of the space as well."""
    return rival.found.candidate.hash == result.best.candidate.hash


def _described(rival: RivalResult) -> str:
    match rival.kind:
        case "baseline":
            return f"Your network {rival.name!r}"
        case "known design":
            return f"The known design {rival.name} ({rival.found.name})"
        case _:
            return f"The largest network that was scored ({rival.found.name})"


def _rivals(result: SearchResult, kind: TaskKind) -> Iterator[str]:
    for rival in result.rivals:
        if _is_best(rival, result):
            continue
        if rival.lead is None:
            yield f"{_described(rival)} was not trained as long as the best, or failed."
        else:
            yield f"{_described(rival)} {_ahead(rival.lead, kind)}."


def _ahead(lead: Lead, kind: TaskKind) -> str:
    """``is behind by 3.1 ± 0.9 points of accuracy after 9 epochs``."""
    unit = "points of " if _in_percent(kind) else ""
    amount = _with_error(abs(lead.difference), lead.error, kind)
    where = "is behind" if lead.difference >= 0 else "is ahead"
    doubt = "" if abs(lead.difference) > SURE * lead.error else ", which may be chance"
    return f"{where} by {amount} {unit}{kind.metric} after {counted(lead.epochs, 'epoch')}{doubt}"


def _probes(result: SearchResult, kind: TaskKind) -> str:
    probes = result.probes
    if probes is None:
        return ""
    mean = _with_error(probes.mean, probes.error, kind) + " %" * _in_percent(kind)
    return (
        f"The {probes.architectures} architectures drawn evenly over the ranking reach a mean "
        f"{kind.metric} of {mean} after {counted(probes.epochs, 'epoch')}."
    )


def _with_error(value: float, error: float, kind: TaskKind) -> str:
    """A value of the metric with its error; accuracies in percent."""
    if _in_percent(kind):
        return f"{100 * value:.1f} ± {100 * error:.1f}"
    return f"{value:.2g} ± {error:.2g}"


def _in_percent(kind: TaskKind) -> bool:
    return kind.metric_format.endswith("%}")


def _start(result: SearchResult) -> str:
    start = result.best.start
    if start is None:
        return ""
    if start == DEFAULT:
        return "The training of the result started from torch's default weights."
    return f"The training of the result started from {start} weights."


def _trust(trust: Trust) -> str:
    """Whether the trained networks confirm the ranking."""
    if trust.probes < ENOUGH_PROBES:
        return ""
    tau, interval = trust.kendall_tau.get(trust.ranked_by), trust.interval.get(trust.ranked_by)
    if tau is None or interval is None or not math.isfinite(tau):
        return ""
    low, high = interval
    ranking = f"The ranking by {trust.ranked_by} is"
    trained = f"{trust.probes} trainings"
    figures = f"Kendall's tau {tau:.2f}, between {low:.2f} and {high:.2f} in nine of ten cases"
    if low > 0:
        return f"{ranking} confirmed by {trained} ({figures})."
    if high < 0:
        return f"{ranking} reversed: {trained} contradict it ({figures}); the trainings decided."
    return (
        f"{ranking} not confirmed by {trained} ({figures}): finalists were chosen as if at "
        "random, and the trainings decided."
    )


def _regressor(trust: Trust) -> str:
    """A regressor that has learnt from the trained networks and ranks them in reverse."""
    interval = trust.interval.get(REGRESSOR)
    if interval is None or interval[1] >= 0 or trust.ranked_by == REGRESSOR:
        return ""
    return "The regressor that learns from the trained networks ranks backwards and is not used."
