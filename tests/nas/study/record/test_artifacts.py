from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.trial import create_trial

from nas.errors import StudyError
from nas.study.record.artifacts import Artifacts
from nas.study.record.optuna_internals import storage_of, system_notes
from nas.study.record.storage import open_storage
from nas.study.record.study_record import StudyRecord

if TYPE_CHECKING:
    from pathlib import Path

    from optuna import Study


def study_of_two(place: str | None) -> Study:
    study = optuna.create_study(storage=open_storage(place), study_name="s", load_if_exists=True)
    study.add_trials([create_trial(value=value) for value in (1.0, 2.0)])
    return study


@pytest.mark.parametrize("place", [None, "runs.journal", "sqlite:///runs.db"])
def test_a_finished_trial_has_one_file_of_each_name(
    place: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = study_of_two(place)
    first, second = study.trials
    for content in (b"old", b"new"):
        artifacts = Artifacts(StudyRecord(study), tmp_path / "artifacts")
        artifacts.write(first, "drawing.svg", io.BytesIO(content))

    assert artifacts.has(first, "drawing.svg")
    assert not artifacts.has(first, "model.py")
    assert not artifacts.has(second, "drawing.svg")
    (file,) = (tmp_path / "artifacts").iterdir()
    assert file.read_bytes() == b"new"
    (noted,) = map(json.loads, system_notes(study).values())
    assert noted == {
        "artifact_id": file.name,
        "filename": "drawing.svg",
        "mimetype": "image/svg+xml",
        "encoding": None,
    }


def test_the_stock_dashboard_finds_the_files_of_a_trial(tmp_path: Path) -> None:
    backend = pytest.importorskip("optuna_dashboard.artifact._backend")
    study = study_of_two(None)
    artifacts = Artifacts(StudyRecord(study), tmp_path)
    for name in ("drawing.svg", "model.safetensors"):
        artifacts.write(study.trials[1], name, io.BytesIO(b""))

    storage = storage_of(study)
    shown = [
        [
            one["filename"]
            for one in backend.list_trial_artifacts(
                system_notes(study), storage.get_trial_system_attrs(trial._trial_id), trial
            )
        ]
        for trial in study.trials
    ]
    assert shown == [[], ["drawing.svg", "model.safetensors"]]


def test_nothing_is_written_where_the_run_is_lost(tmp_path: Path) -> None:
    def lost() -> None:
        raise StudyError("the run folder was deleted")

    study = study_of_two(None)
    artifacts = Artifacts(StudyRecord(study, lost), tmp_path / "artifacts")
    with pytest.raises(StudyError, match="deleted"):
        artifacts.write(study.trials[0], "drawing.svg", io.BytesIO(b""))
    assert not (tmp_path / "artifacts").exists()
