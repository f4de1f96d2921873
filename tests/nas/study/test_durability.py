"""Searches whose process dies, or whose disk is full, at every point of writing."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from nas.errors import StudyError
from nas.study.record.journal import GroupedJournal
from nas.study.record.storage import database_of, in_reach, open_storage, quiet_optuna
from nas.study.record.study_record import StudyRecord
from tests.nas.study.study_toys import toy_score, toy_space
from tests.nas.study.test_exploration import explore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nas.evaluate.scorer import Estimate, Failure
    from nas.space.candidate import Candidate
    from nas.study.record.storage import StorageLike

    Score = Callable[[Sequence[Candidate]], Sequence[Estimate | Failure]]


def search(
    location: StorageLike,
    score: Score = toy_score,
    opened: Callable[[optuna.storages.BaseStorage], object] = lambda storage: None,
    *,
    name: str = "s",
) -> list[Any]:
    """Four generations of two, with duplicates; and all that is on record of them."""
    storage = open_storage(location)
    opened(storage)
    study = optuna.create_study(
        storage=storage, study_name=name, direction="maximize", load_if_exists=True
    )
    record = StudyRecord(study)
    space = toy_space(labels=("a", "b"), widths=(2,))
    explore(record, 8, space=space, score=score, generation=2)
    trials = [(t.number, t.state, t.params, t.values, t.user_attrs) for t in record.trials()]
    return [trials, record.counts()]


def in_child(work: Callable[[], object]) -> int:
    """The exit status of a forked process that does the work; negative where a signal ended it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Any]]:
    """An undisturbed search: its journal, and what it found."""
    path = tmp_path_factory.mktemp("undisturbed") / "s.journal"
    with quiet_optuna():
        found = search(path)
    assert found[1].duplicates > 0
    return path.read_bytes(), found


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_journal_that_ends_anywhere_is_completed_to_the_same(
    data: st.DataObject, journal: tuple[bytes, list[Any]], tmp_path: Path
) -> None:
    content, found = journal
    path = tmp_path / "cut.journal"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert search(path) == found


def _numbers(path: Path) -> list[int]:
    storage = optuna.storages.JournalStorage(GroupedJournal(path))
    studies = storage.get_all_studies()
    return [len(storage.get_all_trials(study._study_id)) for study in studies]


def test_a_journal_holds_whole_generations_wherever_it_ends(
    journal: tuple[bytes, list[Any]], tmp_path: Path
) -> None:
    content, _ = journal
    path = tmp_path / "cut.journal"
    held = set()
    for end in (*range(0, len(content), 997), len(content)):
        path.write_bytes(content[:end])
        held.update(_numbers(path))
    assert held == {0, 2, 4, 6, 8}


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_changed_byte_of_a_journal_is_refused_or_harmless(
    data: st.DataObject, journal: tuple[bytes, list[Any]], tmp_path: Path
) -> None:
    content = bytearray(journal[0])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "changed.journal"
    path.write_bytes(content)
    refusal = ""
    found: object = None
    try:
        found = search(path)
    except StudyError as error:
        refusal = str(error)
    assert found == journal[1] or f"the journal {str(path)!r} is damaged" in refusal


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_full_disk_leaves_whole_generations(
    share: float, journal: tuple[bytes, list[Any]], tmp_path: Path
) -> None:
    content, found = journal
    path = tmp_path / "full.journal"

    def limited() -> None:
        size = int(share * len(content))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with pytest.raises(StudyError, match=r"cannot write the journal .*File too large"):
            search(path)

    assert in_child(limited) == 0
    assert _numbers(path)[0] % 2 == 0
    assert search(path) == found


def dying_at(step: int) -> Callable[[optuna.storages.BaseStorage], None]:
    """Kill this process when it sends that statement to the database, or commits."""

    def watch(storage: optuna.storages.BaseStorage) -> None:
        database = database_of(storage)
        assert database is not None
        left = iter(range(step))

        def die(*_: object) -> None:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(database.engine, "after_cursor_execute", die)
        event.listen(database.engine, "commit", die)

    return watch


def assert_survives_kills(
    fresh: Callable[[], str], found: list[Any], steps: Sequence[int]
) -> None:
    """Search, killed at each of these steps, and once more; the last one is past the end."""
    statuses = []
    for step in steps:
        url, watch = fresh(), dying_at(step)
        statuses.append(in_child(partial(search, url, opened=watch)))
        assert search(url) == found
    finished = statuses.index(0)
    assert finished > 1
    assert statuses == [-signal.SIGKILL] * finished + [0] * (len(statuses) - finished)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database without a study."""
    path = tmp_path_factory.mktemp("template") / "s.db"
    open_storage(f"sqlite:///{path}")
    return path.read_bytes()


@pytest.fixture
def fresh(template: bytes, tmp_path: Path) -> Callable[[], str]:
    """Makes URLs of new databases."""
    numbers = count()

    def make() -> str:
        path = tmp_path / f"{next(numbers)}.db"
        path.write_bytes(template)
        return f"sqlite:///{path}"

    return make


STEPS = [range(20, 621, 200), pytest.param(range(0, 621, 20), marks=pytest.mark.slow)]


@pytest.mark.parametrize("steps", STEPS, ids=len)
def test_sqlite_killed_at_any_statement_is_completed_to_the_same(
    steps: range, journal: tuple[bytes, list[Any]], fresh: Callable[[], str]
) -> None:
    assert_survives_kills(fresh, journal[1], steps)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_nothing_of_a_generation_is_in_the_database_if_it_raises(
    error: type[BaseException], journal: tuple[bytes, list[Any]], fresh: Callable[[], str]
) -> None:
    url = fresh()

    def watch(storage: optuna.storages.BaseStorage) -> None:
        database = database_of(storage)
        assert database is not None
        left = iter(range(300))

        def fail(*_: object) -> None:
            if next(left, None) is None:
                raise error

        event.listen(database.engine, "before_cursor_execute", fail)

    with pytest.raises(error):
        search(url, opened=watch)
    assert len(optuna.load_study(storage=url, study_name="s").trials) % 2 == 0
    assert search(url) == journal[1]


def test_a_database_that_is_gone_is_one_sentence(
    journal: tuple[bytes, list[Any]], fresh: Callable[[], str], tmp_path: Path
) -> None:
    url = fresh()

    def gone(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        with sqlite3.connect(tmp_path / "0.db") as database:
            database.execute("ALTER TABLE trials RENAME TO elsewhere")
        database.close()
        return toy_score(candidates)

    def searched() -> None:
        with in_reach(url):
            search(url, gone)

    with pytest.raises(StudyError, match=r"0\.db' does not answer: .*no such table") as caught:
        searched()
    assert "Repeat the command when it is back" in str(caught.value)
    with sqlite3.connect(tmp_path / "0.db") as database:
        database.execute("ALTER TABLE elsewhere RENAME TO trials")
    database.close()
    assert search(url) == journal[1]
