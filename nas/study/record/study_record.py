"""The durable record of a study."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from optuna.trial import TrialState, create_trial

from nas.errors import StudyError
from nas.study.record.generation_note import generation_note, missing_trials
from nas.study.record.optuna_internals import (
    QUEUED,
    add_trial,
    storage_of,
    system_notes,
    write_system_note,
)
from nas.study.record.repeats import Repeats
from nas.study.record.storage import grouped, writes_groups
from nas.study.record.trial_reading import (
    OutcomeKind,
    identity_of,
    is_of_search,
    is_repeat,
)
from nas.study.record.trial_reading import is_mutant as is_mutant
from nas.study.record.trial_reading import is_scored as is_scored
from nas.study.record.trial_reading import outcome_kind as outcome_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from optuna import Study
    from optuna.trial import FrozenTrial

SEARCH = "search"
"""The first stage of a search, in which candidates are scored."""

_PREFIX = "nas:"
_SAMPLER = "sampler:"
_REPEATS = "repeats:"
_UNFINISHED = "unfinished"


def unchecked() -> None:
    """Allow every write."""


@dataclass(frozen=True, kw_only=True)
class TrialCounts:
    """Number of trials by outcome.

    Attributes:
        total: All trials.
        complete: Distinct scored candidates, without mutants.
        mutants: Distinct scored mutants.
        failed: Distinct candidates that could not be built or scored.
        duplicates: Trials of known architectures.
        infeasible: Distinct candidates that violate a constraint; they are not scored.
    """

    total: int = 0
    complete: int = 0
    mutants: int = 0
    failed: int = 0
    duplicates: int = 0
    infeasible: int = 0

    @staticmethod
    def of(trials: Iterable[FrozenTrial]) -> TrialCounts:
        """Count finished trials."""
        counts = dict.fromkeys(asdict(TrialCounts()), 0)
        names = {
            OutcomeKind.SCORED: "complete",
            OutcomeKind.FAILED: "failed",
            OutcomeKind.INFEASIBLE: "infeasible",
        }
        for trial in trials:
            counts["total"] += 1
            name = names[outcome_kind(trial)]
            if is_repeat(trial):
                name = "duplicates"
            elif is_mutant(trial) and name == "complete":
                name = "mutants"
            counts[name] += 1
        return TrialCounts(**counts)

    def __add__(self, other: TrialCounts) -> TrialCounts:
        mine, theirs = asdict(self), asdict(other)
        return TrialCounts(**{name: mine[name] + theirs[name] for name in mine})


class StudyRecord:
    """An Optuna study with the trials of a search and the results of its later stages.

    The sampler works on a study in memory, where duplicates are trials too. In this study a note
    of each generation describes them instead; see
    :class:`nas.study.record.repeats.Repeats`. Earlier versions recorded duplicates as pruned
    trials with ``duplicate_of``. So the complete and feasible trials are exactly the distinct
    architectures that reached a score.

    Args:
        study: A study in a durable storage, or in memory.
        check: Called before each write; raises if writing is no longer allowed.

    Raises:
        StudyError: Two processes have written the study at once.
    """

    def __init__(self, study: Study, check: Callable[[], None] = unchecked) -> None:
        self.study = study
        self.check = check
        self._cached_notes: dict[str, Any] | None = None
        self._repeats = Repeats()
        self._unrecorded = 0  # number of duplicates, which are trials of the sampler's study only
        self._check_distinct()

    def trials(self) -> list[FrozenTrial]:
        """All trials of searches, in order; users may have added other trials to the study."""
        return [trial for trial in self._all_trials() if is_of_search(trial)]

    def trial(self, identity: str) -> FrozenTrial:
        """The trial of the architecture with this hash or notation."""
        return next(trial for trial in self.trials() if identity_of(trial) == identity)

    def counts(self) -> TrialCounts:
        """Number of all trials by outcome, duplicates included."""
        repeats = len(self._repeat_notes())
        return TrialCounts.of(self.trials()) + TrialCounts(total=repeats, duplicates=repeats)

    def append(
        self, trials: Sequence[FrozenTrial], memory: Study, *, seconds: float = 0.0
    ) -> None:
        """Add finished trials of the sampler's study, and the time they took.

        The trials and the sampler's attributes of the study are durable when this returns. If it
        raises, none of them is on record; see :func:`nas.study.record.storage.grouped`. In a
        storage that writes each entry at once, a note with the whole generation is written first,
        from which :meth:`restore` adds what is missing.

        Raises:
            StudyError: Another process has added trials meanwhile.
        """
        self.check()
        stored = memory.get_trials(deepcopy=False)
        found = [(trial, self._repeats.learn(stored[trial.number])) for trial in trials]
        fresh = [_to_record(trial) for trial, note in found if note is None]
        repeats = [note for _, note in found if note is not None]
        notes = self._new_sampler_notes(memory) | self._seconds_with(SEARCH, seconds)
        if repeats:
            notes[f"{_REPEATS}{trials[0].number}"] = repeats
        storage = storage_of(self.study)
        try:
            with grouped(storage):
                if trials:
                    self._check_alone(trials[0].number - self._unrecorded)
                if writes_groups(storage):
                    self._write_all(fresh, notes)
                else:
                    first = trials[0].number - self._unrecorded if trials else 0
                    self.write(_UNFINISHED, generation_note(first, fresh, notes))
                    self._write_all(fresh, notes)
                    self.write(_UNFINISHED, None)
            self._unrecorded += len(repeats)
        except BaseException:
            self._cached_notes = None
            raise

    def restore(self, memory: Study) -> list[FrozenTrial]:
        """Give a sampler's study in memory all of its trials, and the sampler's attributes.

        Returns:
            All trials of searches in that study, duplicates included.

        Raises:
            StudyError: Trials are missing.
        """
        self._complete()
        self._repeats = Repeats()
        repeats = {note["number"]: note for note in self._repeat_notes()}
        self._unrecorded = len(repeats)
        recorded = map(_to_sampler, self._all_trials())
        for number in count():
            note = repeats.pop(number, None)
            trial = next(recorded, None) if note is None else self._repeats.trial(note)
            if trial is None:
                break
            self._repeats.learn(add_trial(memory, trial))
        if repeats:
            raise self._ruined(f"there is no trial {number}")
        for key, value in self.notes(_SAMPLER).items():
            write_system_note(memory, key, value)
        return list(filter(is_of_search, memory.get_trials(deepcopy=False)))

    def spend(self, stage: str, seconds: float) -> None:
        """Add seconds to the time of a stage over all runs."""
        for key, value in self._seconds_with(stage, seconds).items():
            self.write(key, value)

    def seconds(self) -> dict[str, float]:
        """Time taken by each stage over all runs."""
        return dict(self.read("seconds", {}))

    def write(self, key: str, value: Any) -> None:
        """Keep a value fit for JSON beside the trials."""
        self.check()
        self.study.set_user_attr(_PREFIX + key, value)
        self._notes()[_PREFIX + key] = json.loads(json.dumps(value))

    def read(self, key: str, default: Any = None) -> Any:
        """The value that :meth:`write` has kept under a key."""
        return self._notes().get(_PREFIX + key, default)

    def notes(self, kind: str) -> dict[str, Any]:
        """All values whose keys begin with ``kind``, by the rest of the key."""
        start, notes = _PREFIX + kind, self._notes().items()
        return {key.removeprefix(start): value for key, value in notes if key.startswith(start)}

    def _notes(self) -> dict[str, Any]:
        """The values beside the trials; no other process writes them while a search runs."""
        if self._cached_notes is None:
            self._cached_notes = self.study.user_attrs
        return self._cached_notes

    def _repeat_notes(self) -> list[dict[str, Any]]:
        return [note for generation in self.notes(_REPEATS).values() for note in generation]

    def _new_sampler_notes(self, memory: Study) -> dict[str, Any]:
        known = self.notes(_SAMPLER)
        found = system_notes(memory).items()
        return {_SAMPLER + key: value for key, value in found if known.get(key) != value}

    def _seconds_with(self, stage: str, seconds: float) -> dict[str, Any]:
        spent = self.seconds()
        return {"seconds": {**spent, stage: spent.get(stage, 0.0) + seconds}}

    def _write_all(self, trials: Iterable[FrozenTrial], notes: Mapping[str, Any]) -> None:
        for trial in trials:
            self.study.add_trial(trial)
        for key, value in notes.items():
            self.write(key, value)

    def _complete(self) -> None:
        """Add what an interruption left out of the last generation."""
        left = self.read(_UNFINISHED)
        if left is not None:
            self._write_all(missing_trials(left, len(self._all_trials())), left["notes"])
            self.write(_UNFINISHED, None)

    def _all_trials(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False)

    def _check_alone(self, expected: int) -> None:
        found = len(self._all_trials())
        if found != expected:
            raise StudyError(
                f"study {self.study.study_name!r} should hold {expected} trials, but "
                f"holds {found}: another process is using it",
                hint="Wait for it and repeat the command, or choose another study name.",
            )

    def _check_distinct(self) -> None:
        first: dict[str, int] = {}
        for place, trial in enumerate(self._all_trials()):
            if trial.number != place:
                raise self._ruined(f"its trial {place} has the number {trial.number}")
            if is_of_search(trial) and not is_repeat(trial):
                number = first.setdefault(identity_of(trial), place)
                if number != place:
                    raise self._ruined(f"trials {number} and {place} are of one architecture")

    def _ruined(self, why: str) -> StudyError:
        return StudyError(
            f"study {self.study.study_name!r} is ruined: {why}; "
            "two processes have written it at once",
            hint="Choose another study name to start anew.",
        )


def _to_record(trial: FrozenTrial) -> FrozenTrial:
    record = copy.copy(trial)
    record.system_attrs = {
        key: value for key, value in trial.system_attrs.items() if key != QUEUED
    }
    return record


def _to_sampler(record: FrozenTrial) -> FrozenTrial:
    if not record.state.is_finished():  # a user's own trial; a placeholder keeps its number
        return create_trial(state=TrialState.FAIL)
    if record.state is not TrialState.PRUNED:
        return record
    trial = copy.copy(record)
    trial.state = TrialState.FAIL if record.values is None else TrialState.COMPLETE
    return trial
