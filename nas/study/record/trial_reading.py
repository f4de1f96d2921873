"""Typed reading of the trials on record.

The attributes of a search's trial are its architecture, its outcome, and its figures or the
reason of its failure. Earlier versions recorded duplicates as trials of their own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optuna.trial import FrozenTrial

OUTCOME = "outcome"
ARCHITECTURE = "architecture"
HASH = "hash"
REASON = "reason"

PARENT = "parent"
"""The attribute of a mutant with the number of its parent, see
:mod:`nas.study.selection.mutation_selector`."""

DESIGN = "design"
"""The attribute of the trial of a known design (:meth:`nas.SearchSpace.known`) with its name."""

DUPLICATE_OF = "duplicate_of"
"""The attribute of a duplicate that holds the number of the first trial of its architecture."""


class OutcomeKind(StrEnum):
    """Whether an architecture was scored, is infeasible, or failed."""

    SCORED = "scored"
    INFEASIBLE = "infeasible"
    FAILED = "failed"


def is_of_search(trial: FrozenTrial) -> bool:
    """Whether a search has finished a trial; users may have added others to the study."""
    return OUTCOME in trial.user_attrs


def outcome_kind(trial: FrozenTrial) -> OutcomeKind:
    """The outcome of a trial's architecture."""
    return OutcomeKind(trial.user_attrs[OUTCOME])


def architecture_of(trial: FrozenTrial) -> str:
    """The architecture in the notation of its space."""
    return str(trial.user_attrs[ARCHITECTURE])


def hash_of(trial: FrozenTrial) -> str | None:
    """The canonical hash of the architecture; None if it could not be built."""
    found = trial.user_attrs.get(HASH)
    return None if found is None else str(found)


def identity_of(trial: FrozenTrial) -> str:
    """The canonical hash of a finished trial; the notation if building failed."""
    return hash_of(trial) or architecture_of(trial)


def figure_of(trial: FrozenTrial, name: str) -> float:
    """A recorded figure of a trial.

    Raises:
        KeyError: The figure was not recorded for this trial.
    """
    found: float = trial.user_attrs[name]
    return found


def has_figure(trial: FrozenTrial, name: str) -> bool:
    """Whether a figure was recorded for a trial; earlier versions lack some figures."""
    return name in trial.user_attrs


def reason_of(trial: FrozenTrial) -> str:
    """Why a candidate failed."""
    return str(trial.user_attrs.get(REASON, "unknown"))


def design_of(trial: FrozenTrial) -> str | None:
    """The name of a known design; None for the architectures of other trials."""
    found = trial.user_attrs.get(DESIGN)
    return None if found is None else str(found)


def figures_of(trial: FrozenTrial) -> Mapping[str, Any]:
    """All figures of a scored trial by name, together with its other attributes."""
    return dict(trial.user_attrs)


def first_of(trial: FrozenTrial) -> int:
    """The number of the first trial of the same architecture, perhaps its own."""
    return int(trial.user_attrs.get(DUPLICATE_OF, trial.number))


def is_repeat(trial: FrozenTrial) -> bool:
    """Whether a finished trial is a duplicate of an earlier one."""
    return DUPLICATE_OF in trial.user_attrs


def is_mutant(trial: FrozenTrial) -> bool:
    """Whether a trial is a mutant; see :mod:`nas.study.selection.mutation_selector`."""
    return PARENT in trial.user_attrs


def is_scored(trial: FrozenTrial) -> bool:
    """Whether a trial is the first of its architecture and has a score."""
    return outcome_kind(trial) is OutcomeKind.SCORED and not is_repeat(trial)
