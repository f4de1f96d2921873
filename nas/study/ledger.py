"""The durable record of a study."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from optuna.trial import TrialState, create_trial

from nas.errors import StudyError
from nas.study.answer import PARENT, Outcome
from nas.study.storage import grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from optuna import Study
    from optuna.trial import FrozenTrial

_PREFIX = "nas:"
_SAMPLER = "sampler:"
_QUEUED = "fixed_params"


def unchecked() -> None:
    """Let everything be written."""


@dataclass(frozen=True, kw_only=True)
class TrialCounts:
    """How many trials ended how.

    Attributes:
        total: All of them.
        complete: Distinct candidates that reached a score.
        children: Of those that trained best, distinct and scored as well; counted apart.
        failed: Distinct candidates that could not be built or scored.
        duplicates: Trials answered from the cache.
        infeasible: Distinct candidates that violate a constraint, and were not scored.
    """

    total: int = 0
    complete: int = 0
    children: int = 0
    failed: int = 0
    duplicates: int = 0
    infeasible: int = 0

    @staticmethod
    def of(trials: Iterable[FrozenTrial]) -> TrialCounts:
        """Count finished trials."""
        counts = dict.fromkeys(asdict(TrialCounts()), 0)
        names = {
            Outcome.SCORED: "complete",
            Outcome.FAILED: "failed",
            Outcome.INFEASIBLE: "infeasible",
        }
        for trial in trials:
            counts["total"] += 1
            name = names[outcome_of(trial)]
            if "duplicate_of" in trial.user_attrs:
                name = "duplicates"
            elif is_child(trial) and name == "complete":
                name = "children"
            counts[name] += 1
        return TrialCounts(**counts)

    def __add__(self, other: TrialCounts) -> TrialCounts:
        mine, theirs = asdict(self), asdict(other)
        return TrialCounts(**{name: mine[name] + theirs[name] for name in mine})


class Ledger:
    """An Optuna study that holds what a search has found, and what its later stages did.

    The sampler works on a copy of it in memory. There a duplicate is a complete trial, so that
    the sampler learns from it; here it is a pruned one with ``duplicate_of``, so that the trials
    complete and feasible are exactly the distinct architectures that reached a score.

    Args:
        study: In a storage that outlives the process, or in memory.
        check: Called before each write; raises where nothing may be written any more.
    """

    def __init__(self, study: Study, check: Callable[[], None] = unchecked) -> None:
        self.study = study
        self.check = check

    def trials(self) -> list[FrozenTrial]:
        """All trials of searches, in order; others may have been asked of the study beside."""
        return [trial for trial in self._all_trials() if "outcome" in trial.user_attrs]

    def append(
        self, trials: Sequence[FrozenTrial], memory: Study, *, seconds: float = 0.0
    ) -> None:
        """Add finished trials of the sampler's study, and the time they took.

        They are durable when this returns, and so is what the sampler noted beside them.

        Raises:
            StudyError: Another process has added trials meanwhile.
        """
        self.check()
        with grouped(self.study._storage):
            found = len(self._all_trials())
            if trials and trials[0].number != found:
                raise StudyError(
                    f"study {self.study.study_name!r} should hold {trials[0].number} trials, but "
                    f"holds {found}: another process is using it",
                    hint="Wait for it and repeat the command, or choose another study name.",
                )
            for trial in trials:
                self.study.add_trial(_to_record(trial))
            known = self._sampler_notes()
            for key, value in memory._storage.get_study_system_attrs(memory._study_id).items():
                if known.get(key) != value:
                    self.write(_SAMPLER + key, value)
            self.spend("search", seconds)

    def restore(self, memory: Study) -> None:
        """Give the study a sampler works on all trials, as it was told them, and its notes."""
        for trial in self._all_trials():
            memory.add_trial(_to_sampler(trial))
        for key, value in self._sampler_notes().items():
            memory._storage.set_study_system_attr(memory._study_id, key, value)

    def spend(self, stage: str, seconds: float) -> None:
        """Add to the time a stage has taken over all runs."""
        spent = self.seconds()
        self.write("seconds", {**spent, stage: spent.get(stage, 0.0) + seconds})

    def seconds(self) -> dict[str, float]:
        """Time taken by each stage over all runs."""
        return dict(self.read("seconds", {}))

    def write(self, key: str, value: Any) -> None:
        """Keep a value fit for JSON beside the trials."""
        self.check()
        self.study.set_user_attr(_PREFIX + key, value)

    def read(self, key: str, default: Any = None) -> Any:
        """A value kept with :meth:`write`."""
        return self.study.user_attrs.get(_PREFIX + key, default)

    def _all_trials(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False)

    def _sampler_notes(self) -> dict[str, Any]:
        start = _PREFIX + _SAMPLER
        notes = self.study.user_attrs.items()
        return {key.removeprefix(start): value for key, value in notes if key.startswith(start)}


def outcome_of(trial: FrozenTrial) -> Outcome:
    """What became of the architecture a trial asked for."""
    return Outcome(trial.user_attrs["outcome"])


def is_child(trial: FrozenTrial) -> bool:
    """Whether a trial was made from one that trained well, see :mod:`nas.study.breeding`."""
    return PARENT in trial.user_attrs


def is_scored(trial: FrozenTrial) -> bool:
    """Whether a trial brought the score of a new architecture."""
    return outcome_of(trial) is Outcome.SCORED and "duplicate_of" not in trial.user_attrs


def _to_record(trial: FrozenTrial) -> FrozenTrial:
    record = copy.copy(trial)
    record.system_attrs = {
        key: value for key, value in trial.system_attrs.items() if key != _QUEUED
    }
    if "duplicate_of" in trial.user_attrs:
        record.state = TrialState.PRUNED
    return record


def _to_sampler(record: FrozenTrial) -> FrozenTrial:
    if not record.state.is_finished():  # asked of the study beside the search; keeps its number
        return create_trial(state=TrialState.FAIL)
    if record.state is not TrialState.PRUNED:
        return record
    trial = copy.copy(record)
    trial.state = TrialState.FAIL if record.values is None else TrialState.COMPLETE
    return trial
