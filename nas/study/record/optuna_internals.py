"""The private parts of Optuna that a record needs, in one place.

Optuna has no public way to add a trial to a study in memory under its number, to finish a trial
without copying it, to keep a sampler's attributes of a study or a trial, to show a sampler part of
a study, or to give a finished trial an artifact. Nor can a storage publicly forget writes that
were rolled back.
A test fails with any other version than the one in which these parts were read.
"""

from __future__ import annotations

import copy
import json
import weakref
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from optuna import Study
from optuna.samplers import NSGAIISampler
from optuna.storages import JournalStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages.journal._storage import JournalStorageReplayResult
from optuna.study._tell import _tell_with_warning
from optuna.trial import TrialState

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping, Sequence

    from optuna.artifacts import ArtifactMeta
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage
    from optuna.storages.journal import BaseJournalBackend
    from optuna.trial import FrozenTrial, Trial

VERSION = "5.0"
"""Major and minor version of Optuna with these private parts."""

QUEUED = "fixed_params"
"""System attribute of a trial with the parameters it was enqueued with."""

SCRATCH = (QUEUED, "tpe:")
"""Prefixes of system attributes that follow from others, or matter only until a trial ends."""


def storage_of(study: Study) -> BaseStorage:
    """The storage of a study."""
    return study._storage


def add_trial(study: Study, trial: FrozenTrial) -> FrozenTrial:
    """Add a trial to a study in memory; unlike ``Study.add_trial`` without copies and checks.

    Returns:
        The trial of the study; do not change it.
    """
    storage = study._storage
    return storage.get_trial(storage.create_new_trial(study._study_id, template_trial=trial))


def tell(trial: Trial, values: Sequence[float] | None) -> FrozenTrial:
    """Finish a trial, as failed without values; unlike ``Study.tell`` without a copy.

    Returns:
        The trial of the study; do not change it.
    """
    study = trial.study
    _tell_with_warning(study, trial, values, TrialState.FAIL if values is None else None)
    return study._storage.get_trial(trial._trial_id)


def system_notes(study: Study) -> Mapping[str, Any]:
    """The attributes that samplers and Optuna's other programs keep in a study."""
    return study._storage.get_study_system_attrs(study._study_id)


def write_system_note(study: Study, key: str, value: Any) -> None:
    """Set an attribute that a sampler or another program of Optuna keeps in a study."""
    study._storage.set_study_system_attr(study._study_id, key, value)


def note_trial(study: Study, trial: FrozenTrial, key: str, value: Any) -> None:
    """Keep what a sampler needs to know of a running trial later; fit for JSON."""
    study._storage.set_trial_system_attr(trial._trial_id, key, value)


def has_artifact(study: Study, trial: FrozenTrial, artifact: str) -> bool:
    """Whether a trial has, or had before it was deleted, the artifact with this identifier."""
    return _artifact(trial, artifact) in system_notes(study)


def note_artifact(study: Study, trial: FrozenTrial, artifact: ArtifactMeta) -> None:
    """Record an artifact of a finished trial, which ``optuna.artifacts`` can no longer change."""
    key = _artifact(trial, artifact.artifact_id)
    write_system_note(study, key, json.dumps(asdict(artifact)))


def _artifact(trial: FrozenTrial, artifact: str) -> str:
    """The attribute of a study in which optuna-dashboard looks for an artifact of a trial."""
    return f"dashboard:artifacts:{trial._trial_id}:{artifact}"


def uncached(storage: BaseStorage) -> BaseStorage:
    """The storage behind a cache, or the storage itself."""
    return storage._backend if isinstance(storage, _CachedStorage) else storage


def journal_backend(storage: BaseStorage) -> BaseJournalBackend | None:
    """The backend of a journal; None for other storages."""
    return storage._backend if isinstance(storage, JournalStorage) else None


def forget(storage: BaseStorage) -> None:
    """Make a storage read its contents anew, after writes that were rolled back."""
    if isinstance(storage, JournalStorage):
        storage._replay_result = JournalStorageReplayResult(storage._worker_id_prefix)
    elif isinstance(storage, _CachedStorage):
        storage._studies.clear()
        storage._trial_id_to_study_id_and_number.clear()
        storage._study_id_and_number_to_trial_id.clear()


class StudyIdentity:
    """Tells a study from all others, without keeping its storage alive.

    Names do not: two studies in memory may have the same one.

    Args:
        study: The study.
    """

    def __init__(self, study: Study) -> None:
        self._storage = weakref.ref(study._storage)
        self._number = study._study_id

    def is_of(self, study: Study) -> bool:
        """Whether it is that of a study."""
        return self._storage() is study._storage and self._number == study._study_id


class PartOfStudy(Study):
    """A study without its earliest trials, for a sampler that would read all of them.

    Optuna's Hyperband shows its samplers a part of a study in the same way.

    Args:
        study: The study.
        first: Number of the first trial of the part.
    """

    def __init__(self, study: Study, first: int) -> None:
        super().__init__(study.study_name, study._storage, study.sampler, study.pruner)
        self._identity = StudyIdentity(study)
        self._first = first
        self._kept: frozenset[int] = frozenset()
        self._earlier: list[FrozenTrial] = []
        self._cached: list[FrozenTrial] | None = None

    def is_of(self, study: Study) -> bool:
        """Whether this is a part of a study."""
        return self._identity.is_of(study)

    def read_anew(self) -> None:
        """Forget what was read, after a trial was asked for or has finished."""
        self._cached = None

    def keep(self, identifiers: Collection[int]) -> None:
        """Add earlier trials."""
        if self._kept != frozenset(identifiers):
            self._kept = frozenset(identifiers)
            earlier = self._storage.get_all_trials(self._study_id, deepcopy=False)[: self._first]
            self._earlier = [trial for trial in earlier if trial._trial_id in self._kept]

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        found = self._cached if use_cache else None
        if found is None:
            trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
            found = self._cached = self._earlier + trials[self._first :]
        if states is not None:
            found = [trial for trial in found if trial.state in states]
        return copy.deepcopy(found) if deepcopy else found


def parents_of(study: Study) -> Collection[int]:
    """Identifiers of the trials from which NSGA-II draws, and of those before them."""
    prefix = NSGAIISampler._get_parent_cache_key_prefix()
    notes = {
        int(key.removeprefix(prefix)): ids
        for key, ids in system_notes(study).items()
        if key.startswith(prefix)
    }
    return {one for generation in sorted(notes)[-2:] for one in notes[generation]}


def read_search_space(sampler: BaseSampler, study: Study) -> None:
    """Let a sampler find the choices that all trials of a study share."""
    shared = getattr(sampler, "_search_space", None)
    if shared is not None:
        shared.calculate(study)


def share_search_space(sampler: BaseSampler, after: BaseSampler | None) -> None:
    """Give a sampler the choices that all trials share, taken from an earlier sampler.

    Without them it would read the whole study; the draws are the same.
    """
    shared = getattr(after, "_search_space", None)
    if shared is not None:
        sampler._search_space = shared  # type: ignore[attr-defined]
