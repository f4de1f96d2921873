from __future__ import annotations

from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.trial import create_trial

from nas.errors import ConfigError, StudyError
from nas.study.record.storage import describe, grouped, open_storage, quiet_optuna

if TYPE_CHECKING:
    from pathlib import Path


def test_kinds(tmp_path: Path) -> None:
    assert isinstance(open_storage(None), InMemoryStorage)
    assert isinstance(open_storage(tmp_path / "new" / "s.journal"), JournalStorage)
    assert isinstance(open_storage(str(tmp_path / "s.log")), JournalStorage)
    memory = InMemoryStorage()
    assert open_storage(memory) is memory


def test_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}"
    study = optuna.create_study(storage=open_storage(url), study_name="a")
    with grouped(study._storage):
        study.add_trial(create_trial(value=1.0))
    assert len(optuna.load_study(storage=url, study_name="a").trials) == 1


def test_unusable_storages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown kind of storage"):
        open_storage("runs.txt")
    with pytest.raises(StudyError, match="cannot open the storage"):
        open_storage(f"sqlite:///{tmp_path / 'missing' / 's.db'}")
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match="cannot open the storage"):
        open_storage(tmp_path / "file" / "s.journal")


def test_a_corrupt_journal(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    optuna.create_study(storage=open_storage(path), study_name="a")
    path.write_bytes(b"not json\n" + path.read_bytes())
    before = path.read_bytes()
    with pytest.raises(StudyError, match=r"the journal '.*s\.journal' is damaged: b'not json"):
        open_storage(path)
    assert path.read_bytes() == before


def test_passwords_are_not_shown() -> None:
    assert describe("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"
    assert describe("sqlite:///runs.db") == "sqlite:///runs.db"
    assert describe(None) == "memory"
    assert describe(InMemoryStorage()) == "InMemoryStorage"


def test_optuna_is_quiet_for_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    with quiet_optuna():
        optuna.create_study()
    assert capsys.readouterr().err == ""
    assert optuna.logging.get_verbosity() == optuna.logging.INFO


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(StudyError, match=r"driver of its database is not installed.*oracledb"):
        open_storage("oracle+oracledb://me:secret@host/db")
