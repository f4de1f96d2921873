"""Whether recorded trials hold what is read of them later."""

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
    OutcomeKind.SCORED: RECORDED,
    OutcomeKind.INFEASIBLE: tuple(name for name in RECORDED if FIGURES.get(name).known == "graph"),
    OutcomeKind.FAILED: (),
}


def check_trials(trials: Iterable[FrozenTrial], where: str) -> None:
    """Raise unless trials of a search are as :class:`nas.study.outcome.TrialOutcome` records them.

    Args:
        trials: With an outcome; others are not of a search.
        where: The study they are in, for the message.

    Raises:
        StudyError: One is damaged; the message names it and what it lacks.
    """
    for trial in trials:
        lacking = _lacking(trial)
        if lacking:
            raise StudyError(
                f"{where} is damaged: trial {trial.number} has no {lacking}",
                hint="Restore it from a copy, or choose another --out or --study-name.",
            )


def _lacking(trial: FrozenTrial) -> str:
    """The first entry that a trial lacks or that is of another kind; empty if none is."""
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
