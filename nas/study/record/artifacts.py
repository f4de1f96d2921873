"""Files of single trials as artifacts of Optuna."""

from __future__ import annotations

import mimetypes
import uuid
from typing import TYPE_CHECKING, BinaryIO

from optuna.artifacts import ArtifactMeta, FileSystemArtifactStore

from nas.study.record.optuna_internals import has_artifact, note_artifact

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.trial import FrozenTrial

    from nas.study.record.study_record import StudyRecord

_UNKNOWN = "application/octet-stream"
"""Type of a file whose name does not tell it."""


class Artifacts:
    """Files of the trials of a study, which optuna-dashboard shows beside the trial.

    A trial has one file of each name. Its identifier follows from the study, the trial and the
    name, so a repeated write replaces the file and leaves no second one.

    Args:
        record: The record of the study.
        directory: Where the files lie; created with the first of them.
    """

    def __init__(self, record: StudyRecord, directory: Path) -> None:
        self._record = record
        self._directory = directory

    def has(self, trial: FrozenTrial, name: str) -> bool:
        """Whether a trial was given a file of this name."""
        return has_artifact(self._record.study, trial, self._identifier(trial, name))

    def write(self, trial: FrozenTrial, name: str, content: BinaryIO) -> None:
        """Give a trial a file; it is on record once it is complete."""
        artifact = self._identifier(trial, name)
        self._record.check()
        self._directory.mkdir(exist_ok=True)
        FileSystemArtifactStore(self._directory).write(artifact, content)
        if not self.has(trial, name):
            kind, encoding = mimetypes.guess_type(name)
            note_artifact(
                self._record.study,
                trial,
                ArtifactMeta(
                    artifact_id=artifact,
                    filename=name,
                    mimetype=kind or _UNKNOWN,
                    encoding=encoding,
                ),
            )

    def _identifier(self, trial: FrozenTrial, name: str) -> str:
        study = self._record.study.study_name
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{study}/{trial.number}/{name}"))
