from __future__ import annotations

import time
from typing import TYPE_CHECKING

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import create_trial

from nas.errors import StudyError
from nas.study.record.file_lock import FileLock, held
from nas.study.record.journal import GroupedJournal
from nas.study.record.storage import grouped

if TYPE_CHECKING:
    from pathlib import Path


def _numbers(path: Path) -> list[float | None]:
    study = optuna.load_study(
        storage=JournalStorage(JournalFileBackend(str(path))), study_name="s"
    )
    return [trial.value for trial in study.trials]


def test_a_group_is_read_by_optuna_itself(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    backend = GroupedJournal(path)
    study = optuna.create_study(storage=JournalStorage(backend), study_name="s")
    with backend.group():
        for value in range(5):
            study.add_trial(create_trial(value=value))
    study.add_trial(create_trial(value=5.0))
    assert _numbers(path) == [0, 1, 2, 3, 4, 5]


def test_a_group_appears_in_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    backend = GroupedJournal(path)
    study = optuna.create_study(storage=JournalStorage(backend), study_name="s")
    for first in (0, 3):
        with backend.group():
            for value in range(first, first + 3):
                study.add_trial(create_trial(value=value))
                assert len(study.trials) == value + 1
            assert _numbers(path) == list(range(first))
        assert _numbers(path) == list(range(first + 3))


def test_nothing_of_a_group_is_written_if_the_block_raises(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    study = optuna.create_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")

    def interrupted() -> None:
        with grouped(study._storage):
            study.add_trial(create_trial(value=1.0))
            raise KeyboardInterrupt

    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == before
    assert study.trials == []
    study.add_trial(create_trial(value=2.0))
    assert _numbers(path) == [2.0] == [trial.value for trial in study.trials]


def test_groups_of_two_writers_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    backends = [GroupedJournal(path) for _ in range(2)]
    studies = [
        optuna.create_study(storage=JournalStorage(b), study_name="s", load_if_exists=True)
        for b in backends
    ]
    for value in range(6):
        with backends[value % 2].group():
            studies[value % 2].add_trial(create_trial(value=value))
            assert len(studies[value % 2].trials) == value + 1
    assert _numbers(path) == [0, 1, 2, 3, 4, 5]


def test_an_entry_written_in_part_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    study = optuna.create_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")
    for value in range(3):
        study.add_trial(create_trial(value=value))
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    again = optuna.load_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")
    assert [trial.value for trial in again.trials] == [0, 1]
    again.add_trial(create_trial(value=7.0))
    assert _numbers(path) == [0, 1, 7]


@pytest.mark.parametrize(
    "content", [b"garbage", b"garbage\n", b"\xff\xfe\n", b"[1]\n", b'{"op_code":0\n{"op', b"\n"]
)
def test_what_is_no_journal_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r"journal '.*s\.journal' is damaged"):
        optuna.create_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")
    assert path.read_bytes() == content


GARBAGE = [b"garbage", b"garbage\n", b"\0" * 4096, b"\xff\xfe\n[1]\n", b'{"op_code":9', b"\n\n"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_at_the_end_is_cut_off(garbage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    study = optuna.create_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")
    study.add_trial(create_trial(value=0.0))
    content = path.read_bytes()
    path.write_bytes(content + garbage)
    journal = GroupedJournal(path)
    assert journal.cut_off == len(garbage)
    assert path.read_bytes() == content
    optuna.load_study(storage=JournalStorage(journal), study_name="s").add_trial(
        create_trial(value=1.0)
    )
    assert GroupedJournal(path).cut_off == 0
    assert _numbers(path) == [0, 1]


def test_garbage_before_whole_entries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    study = optuna.create_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")
    study.add_trial(create_trial(value=0.0))
    before = path.read_bytes()
    study.add_trial(create_trial(value=1.0))
    content = before + b"garbage\n" + path.read_bytes()[len(before) :]
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r"is damaged: b'garbage.n' is no entry"):
        GroupedJournal(path)
    assert path.read_bytes() == content


def test_damage_that_comes_while_the_journal_is_open_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    study = optuna.create_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")
    with path.open("ab") as file:
        file.write(b"garbage\n")
    with pytest.raises(StudyError, match=r"journal '.*s\.journal' is damaged"):
        study.add_trial(create_trial(value=1.0))


def test_a_lock_file_left_behind_locks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.journal"
    optuna.create_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")
    assert (tmp_path / "s.journal.lock").exists()
    began = time.monotonic()
    study = optuna.load_study(storage=JournalStorage(GroupedJournal(path)), study_name="s")
    study.add_trial(create_trial(value=1.0))
    assert time.monotonic() - began < 20  # a lock that held would be waited for longer


def test_lock_excludes_others_until_released(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = FileLock(path)
    assert lock.acquire()
    with held(path) as taken:
        assert not taken
    lock.release()
    with held(path) as taken, held(path) as again:
        assert taken
        assert not again
    assert lock.acquire()
    lock.release()
    with pytest.raises(RuntimeError, match="not held"):
        lock.release()
