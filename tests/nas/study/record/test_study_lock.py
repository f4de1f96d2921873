"""Several processes at one storage."""

from __future__ import annotations

import multiprocessing
import sqlite3
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.trial import create_trial

from nas.errors import StudyError
from nas.study.record.storage import open_storage
from nas.study.record.study_lock import study_in_use
from nas.study.record.study_record import StudyRecord
from tests.nas.study.study_toys import toy_search

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path


def _location(kind: str, folder: Path) -> str:
    return str(folder / "s.journal") if kind == "journal" else f"sqlite:///{folder}/s.db"


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_a_study_in_use_is_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    location = _location(kind, tmp_path)
    with (
        study_in_use(open_storage(location), "toy-digits", "the study"),
        pytest.raises(StudyError, match=r"study 'toy-digits' in .*s\.\w+ is in use by another"),
    ):
        toy_search(storage=location, max_epochs=0, finalists=0)
    result = toy_search(storage=location, max_epochs=0, finalists=0)
    assert result.trials.complete == 12


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_two_studies_of_one_storage_are_in_use_at_once(kind: str, tmp_path: Path) -> None:
    storage = open_storage(_location(kind, tmp_path))
    with study_in_use(storage, "a", "a"), study_in_use(storage, "b", "b"):
        pass
    with study_in_use(storage, "a", "a"):
        pass


def test_memory_needs_no_lock() -> None:
    for location in (None, "sqlite:///:memory:"):
        storage = open_storage(location)
        with study_in_use(storage, "a", "a"), study_in_use(storage, "a", "a"):
            pass


def _open(url: str, barrier: Barrier) -> None:
    barrier.wait()
    optuna.create_study(storage=open_storage(url), study_name="s", load_if_exists=True)


def test_processes_that_open_a_new_database_at_once_all_can(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    open_storage(f"sqlite:///{tmp_path}/imports.db")
    url, barrier = f"sqlite:///{tmp_path}/s.db", context.Barrier(4)
    processes = [context.Process(target=_open, args=(url, barrier)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4


def test_a_study_that_two_processes_have_written_is_refused() -> None:
    study = optuna.create_study(study_name="s")
    attributes = {"outcome": "scored", "hash": "h", "architecture": "a"}
    for _ in range(2):
        study.add_trial(create_trial(value=1.0, user_attrs=attributes))
    with pytest.raises(StudyError, match="study 's' is ruined: trials 0 and 1 are of one arch"):
        StudyRecord(study)


def test_a_study_with_two_trials_of_one_number_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/s.db"
    study = optuna.create_study(storage=url, study_name="s")
    for value in (1.0, 2.0, 3.0):
        study.add_trial(create_trial(value=value))
    with sqlite3.connect(tmp_path / "s.db") as database:
        database.execute("UPDATE trials SET number = 0 WHERE number = 1")
    database.close()
    with pytest.raises(StudyError, match="study 's' is ruined: its trial 1 has the number 2"):
        StudyRecord(optuna.load_study(storage=open_storage(url), study_name="s"))
