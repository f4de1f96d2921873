"""Check that recorded trials hold the entries that later stages read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.analysis.figure import FIGURES, RECORDED
from nas.errors import StudyError
from nas.study.record.trial_reading import (
    ARCHITECTURE,
    DUPLICATE_OF,
    HASH,
    OUTCOME,
    PARENT,
    REASON,
    OutcomeKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optuna.trial import FrozenTrial

_TEXTS = {
    OutcomeKind.SCORED: (ARCHITECTURE, HASH),
    OutcomeKind.INFEASIBLE: (ARCHITECTURE, HASH),
    OutcomeKind.FAILED: (ARCHITECTURE, REASON),
}
_NUMBERS = {
    OutcomeKind.SCORED: tuple(name for name in RECORDED if not FIGURES.get(name).may_lack),
    OutcomeKind.INFEASIBLE: tuple(name for name in RECORDED if FIGURES.get(name).known == "graph"),
    OutcomeKind.FAILED: (),
}


def check_trials(trials: Iterable[FrozenTrial], where: str) -> None:
    """Raise unless trials hold the entries that :class:`nas.study.outcome.TrialOutcome` records.

    Args:
        trials: Trials of a search; these have an outcome.
        where: Their study, for the message.

    Raises:
        StudyError: A trial is damaged; the message names the trial and its missing entry.
    """
    for trial in trials:
        lacking = _lacking(trial)
        if lacking:
            raise StudyError(
                f"{where} is damaged: trial {trial.number} has no {lacking}",
                hint="Restore it from a copy, or choose another --out or --study-name.",
            )


def _lacking(trial: FrozenTrial) -> str:
    """The first missing entry, or the first of a wrong type; empty if all are sound."""
    known = trial.user_attrs
    if known[OUTCOME] not in list(OutcomeKind):
        return "known outcome"
    outcome = OutcomeKind(known[OUTCOME])
    for name in _TEXTS[outcome]:
        if not isinstance(known.get(name), str):
            return name
    for name in _NUMBERS[outcome]:
        if not isinstance(known.get(name), int | float):
            return name
    for name in (DUPLICATE_OF, PARENT):
        if not isinstance(known.get(name, 0), int):
            return name
    return "values" if trial.values is None and outcome is not OutcomeKind.FAILED else ""
