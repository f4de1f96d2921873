"""Duplicates: trials of known architectures, recorded as short notes."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from optuna.distributions import distribution_to_json, json_to_distribution

from nas.study.record.optuna_internals import SCRATCH
from nas.study.record.trial_reading import (
    ARCHITECTURE,
    DUPLICATE_OF,
    OUTCOME,
    architecture_of,
    first_of,
    is_of_search,
    is_repeat,
    outcome_kind,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optuna.trial import FrozenTrial

_VIOLATION = "constraints"


class Repeats:
    """Turns duplicates into notes, and notes into trials again.

    A sampler learns from a duplicate as from any other trial. The outcome of a duplicate is that
    of the first trial of its architecture. Its parameters are those of an earlier trial, or are
    in the note, since isomorphic networks may have several notations.

    :meth:`learn` takes all trials of a sampler's study in their order.
    """

    def __init__(self) -> None:
        self._trials: list[FrozenTrial] = []
        self._notations: dict[tuple[int, str], int] = {}

    def learn(self, trial: FrozenTrial) -> dict[str, Any] | None:
        """Take the next trial of a study in memory; return a note if it is a duplicate.

        A duplicate with the parameters of an earlier trial then shares them in memory.
        """
        self._trials.append(trial)
        if not is_of_search(trial):  # a trial that the user has added
            return None
        first = first_of(trial)
        same = self._notations.setdefault((first, repr(trial.params)), trial.number)
        if not is_repeat(trial):
            return None
        like = self._trials[first if same == trial.number else same]
        note: dict[str, Any] = {"number": trial.number, "like": like.number}
        system = {k: v for k, v in trial.system_attrs.items() if not _is_derived(k)}
        if system:
            note["system"] = system
        if same != trial.number:
            trial.params, trial.distributions = like.params, like.distributions
            return note
        found = trial.distributions
        others = {name: one for name, one in found.items() if like.distributions.get(name) != one}
        return {
            **note,
            ARCHITECTURE: architecture_of(trial),
            "params": {k: one.to_internal_repr(trial.params[k]) for k, one in found.items()},
            "distributions": {name: distribution_to_json(one) for name, one in others.items()},
        }

    def trial(self, note: Mapping[str, Any]) -> FrozenTrial:
        """The trial of a note, for a study in memory."""
        like = self._trials[note["like"]]
        trial: FrozenTrial = copy.copy(like)
        if "params" in note:
            others = {k: json_to_distribution(text) for k, text in note["distributions"].items()}
            known = {**like.distributions, **others}
            trial.distributions = {name: known[name] for name in note["params"]}
            trial.params = {k: known[k].to_external_repr(v) for k, v in note["params"].items()}
        violations = {k: v for k, v in like.system_attrs.items() if k.startswith(_VIOLATION)}
        trial.system_attrs = {**note.get("system", {}), **violations}
        trial.user_attrs = {
            ARCHITECTURE: note.get(ARCHITECTURE, architecture_of(like)),
            OUTCOME: outcome_kind(like).value,
            DUPLICATE_OF: first_of(like),
        }
        return trial


def _is_derived(key: str) -> bool:
    return key.startswith((_VIOLATION, *SCRATCH))
