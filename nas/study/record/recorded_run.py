"""Everything on record about a search, read for reports and figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import optuna

from nas.analysis.figure import FIGURES, oriented
from nas.errors import StudyError
from nas.files import read_json
from nas.metric import METRICS
from nas.study.goals.objectives import Objective
from nas.study.record.recorded_result import RecordedResult, recorded_result
from nas.study.record.run_folder import RunFolder
from nas.study.record.storage import describe, in_reach, open_storage, quiet_optuna
from nas.study.record.study_record import StudyRecord
from nas.study.record.trained import finished_trainings, longest_trainings, trainings_by_length
from nas.study.record.trial_check import check_trials
from nas.study.record.trial_reading import (
    design_of,
    figure_of,
    has_figure,
    hash_of,
    is_mutant,
    is_scored,
)
from nas.study.selection.trust import trust

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optuna import Study
    from optuna.trial import FrozenTrial

    from nas.metric import Metric
    from nas.study.record.storage import StorageLike
    from nas.study.record.trained import Training
    from nas.study.result import SearchResult
    from nas.study.selection.trust import Trust


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordedRun:
    """The record of a search, finished or not.

    Attributes:
        study: The study with all trials.
        result: The result; None before the search has finished.
        folder: The run folder; None if there is none.
        configuration: All settings of the last call; empty without a run folder.
        versions: Versions of packages by name; empty without a run folder.
    """

    study: Study
    result: RecordedResult | None
    folder: RunFolder | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def record(self) -> StudyRecord:
        """The record of the study."""
        return StudyRecord(self.study)

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The settings that all trials share."""
        identity: Mapping[str, Any] = self.record.read("identity")
        return identity

    @property
    def metric(self) -> Metric:
        """The measure of quality of trained networks."""
        return METRICS[self.identity["space"]["task"]["kind"]]

    @cached_property
    def objectives(self) -> tuple[Objective, ...]:
        """The objectives; the figure of one that a user has registered may be unknown here."""
        names = (text.rpartition(":")[0] for text in self.identity["objectives"])
        return tuple(
            Objective(name, "maximize" if direction.name == "MAXIMIZE" else "minimize")
            for name, direction in zip(names, self.study.directions, strict=True)
        )

    @cached_property
    def scored(self) -> tuple[FrozenTrial, ...]:
        """The distinct scored trials, mutants included, in order."""
        return tuple(trial for trial in self.record.trials() if is_scored(trial))

    @cached_property
    def by_hash(self) -> Mapping[str, FrozenTrial]:
        """The scored trials by canonical hash."""
        return {str(hash_of(trial)): trial for trial in self.scored}

    @cached_property
    def longest(self) -> Mapping[str, Training]:
        """The longest training of each architecture, by hash."""
        return longest_trainings(self.record)

    @cached_property
    def rungs(self) -> tuple[tuple[Training, ...], ...]:
        """Trainings of equal length, the shortest first, each rung by accuracy, best first."""
        by_epochs: dict[int, list[Training]] = {}
        for lengths in trainings_by_length(self.record).values():
            for epochs, training in lengths.items():
                by_epochs.setdefault(epochs, []).append(training)
        return tuple(
            tuple(sorted(by_epochs[epochs], key=lambda one: -one.val_accuracy))
            for epochs in sorted(by_epochs)
        )

    @cached_property
    def finals(self) -> tuple[Training, ...]:
        """The final trainings, the best on the ranking split first."""
        found = finished_trainings(self.record, "final")
        return tuple(sorted(found, key=lambda one: -one.val_accuracy))

    @property
    def best(self) -> str | None:
        """The hash of the best architecture so far; None if nothing was scored."""
        if self.result is not None and self.result.best is not None:
            return self.result.best.hash
        if self.finals or self.rungs:
            return (self.finals or self.rungs[-1])[0].hash
        if not self.scored:
            return None
        return hash_of(max(self.scored, key=lambda trial: figure_of(trial, "score")))

    def label(self, hash_: str) -> str:
        """``#12`` for trial 12; the name of a baseline; otherwise the beginning of the hash."""
        if hash_ in self.by_hash:
            return f"#{self.by_hash[hash_].number}"
        names = {} if self.result is None else self.result.names
        return names.get(hash_, hash_[:8])

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """Why architectures were trained, by hash, where no score chose them."""
        found = {hash_: "mutant" for hash_, trial in self.by_hash.items() if is_mutant(trial)}
        found |= {
            hash_: f"known design {name}"
            for hash_, trial in self.by_hash.items()
            if (name := design_of(trial)) is not None
        }
        found |= {training.hash: "probe" for training in self.probes}
        for rival in () if self.result is None else self.result.rivals:
            is_named = rival.kind != "largest"
            found[rival.hash] = f"{rival.kind} {rival.name}" if is_named else rival.kind
        return found

    @cached_property
    def probes(self) -> tuple[Training, ...]:
        """The brief trainings of the probes.

        Empty before the search has finished, and where an earlier version has not recorded which
        architectures were probes.
        """
        if self.result is None:
            return ()
        numbers, epochs = self.result.probes, self.result.probe_epochs
        hashes = {hash_ for hash_, trial in self.by_hash.items() if trial.number in numbers}
        return tuple(
            training
            for rung in self.rungs
            for training in rung
            if training.epochs == epochs and training.hash in hashes
        )

    @cached_property
    def judged(self) -> tuple[tuple[FrozenTrial, Training], ...]:
        """The trainings by which scores are judged: the shortest ones, without mutants."""
        return tuple(
            (trial, training)
            for training in (self.rungs[0] if self.rungs else ())
            if (trial := self.by_hash.get(training.hash)) is not None and not is_mutant(trial)
        )

    @cached_property
    def trust(self) -> Trust:
        """How well scores ranked the trained networks; computed where it is not on record."""
        if self.result is not None and self.result.trust is not None:
            return self.result.trust
        trials = [trial for trial, _ in self.judged]
        names = [
            name
            for name in FIGURES.in_order()
            if FIGURES.get(name).ranks and all(has_figure(trial, name) for trial in trials)
        ]
        scores = {
            name: oriented(name, [figure_of(trial, name) for trial in trials]).tolist()
            for name in names
        }
        return trust(scores, [training.val_accuracy for _, training in self.judged])


def read_run(path: Path, storage: StorageLike | None = None) -> RecordedRun:
    """The record of the run in a folder.

    A run folder may be untrusted, so the place of its study is never read from it: the study is
    the journal in the folder, or lies in a storage that the caller names.

    Args:
        path: The folder.
        storage: Where the study is, if not in the folder.

    Raises:
        StudyError: The folder holds no run, or its study is missing or damaged.
    """
    folder = RunFolder(path)
    document = folder.read_run()
    if document is None:
        raise StudyError(f"no run in {str(path)!r}", hint="`nas search --out` makes one.")
    try:
        settings = dict(document["configuration"])
        if storage is None and not folder.journal.is_file():
            raise StudyError(
                f"the run in {str(path)!r} has no study.journal; its study was kept in "
                f"{str(settings.get('storage'))!r}",
                hint="Name that storage with --storage URL.",
            )
        identity = document["identity"]
        usual = f"{identity['space']['name']}-{identity['dataset']['name']}"
        run = RecordedRun(
            study=_study(settings.get("study_name") or usual, storage or folder.journal),
            result=_result(folder),
            folder=folder,
            configuration=settings,
            versions=dict(document["versions"]),
        )
        check_trials(run.record.trials(), f"study {run.study.study_name!r}")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder.run, error) from None
    return run


def run_of(result: SearchResult) -> RecordedRun:
    """The record behind the result of a search."""
    folder = None if result.run is None else RunFolder(result.run)
    document = (folder.read_run() if folder is not None else None) or {}
    return RecordedRun(
        study=result.study,
        result=recorded_result(result.to_dict()),
        folder=folder,
        configuration=document.get("configuration", {}),
        versions=document.get("versions", {}),
    )


def _study(name: str, location: StorageLike) -> Study:
    try:
        with quiet_optuna(), in_reach(location):
            return optuna.load_study(study_name=name, storage=open_storage(location))
    except KeyError:
        raise StudyError(
            f"there is no study {name!r} in {describe(location)}",
            hint="Name the storage of the run with --storage URL.",
        ) from None


def _result(folder: RunFolder) -> RecordedResult | None:
    if not folder.result.exists():
        return None
    document: dict[str, Any] = read_json(
        folder.result, dict, lambda why: _damaged(folder.result, why)
    )
    try:
        return recorded_result(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder.result, error) from None


def _damaged(file: Path, why: Exception | str) -> StudyError:
    said = why if isinstance(why, str) else f"{type(why).__name__}: {why}"
    return StudyError(
        f"{str(file)!r} is damaged: {said}",
        hint="Repeat the command of the run, which writes it again.",
    )
