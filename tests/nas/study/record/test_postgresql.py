"""A search whose study lives in a PostgreSQL server of its own."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import optuna
import pytest
from optuna.trial import TrialState

from nas.errors import StudyError
from nas.study.record.storage import database_of, in_reach, open_storage
from nas.study.record.study_lock import study_in_use
from tests.nas.study.study_toys import found, record, toy_score, toy_search
from tests.nas.study.test_durability import assert_survives_kills, search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nas.evaluate.scorer import Estimate, Failure
    from nas.space.candidate import Candidate

pytestmark = [
    pytest.mark.slow,
    # Optuna leaves its connections to the garbage collector, and one driver complains of it
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

DRIVERS = {"psycopg": "postgresql+psycopg", "psycopg2": "postgresql+psycopg2"}
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


class Server(NamedTuple):
    """A server of PostgreSQL."""

    url: str
    start: Callable[[], None]
    stop: Callable[[], None]
    kill: Callable[[], None]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A fresh server on a free port; skips where one cannot be had."""
    driver = next((scheme for name, scheme in DRIVERS.items() if find_spec(name)), None)
    if driver is None:
        pytest.skip(f"no driver for PostgreSQL is installed: {' or '.join(DRIVERS)}")
    if not BINARIES:
        pytest.skip("no PostgreSQL server in /usr/lib/postgresql")
    directory = Path(tempfile.mkdtemp(prefix="nas-postgresql-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(directory, "nobody")
        as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        command = [str(BINARIES[-1] / program), "-D", str(directory / "data"), *arguments]
        with (directory / "log").open("ab") as log:
            subprocess.run(command, check=True, cwd=directory, stdout=log, stderr=log, **as_user)

    try:
        run("initdb", "--auth=trust", "--username=nas", "--no-sync")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-p {port} -k {directory} -c listen_addresses=127.0.0.1 -c fsync=off"

        def start() -> None:
            run("pg_ctl", "-w", "-o", options, "start")

        def stop() -> None:
            run("pg_ctl", "-w", "-m", "immediate", "stop")

        def kill() -> None:
            """Kill the server and all of its processes, as the kernel does without memory."""
            main = int((directory / "data" / "postmaster.pid").read_text().split()[0])
            listed = Path(f"/proc/{main}/task").glob("*/children")
            children = [int(one) for file in listed for one in file.read_text().split()]
            for process in (main, *children):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            while any(_runs(process) for process in (main, *children)):
                time.sleep(0.05)
            for lock in (directory / "data" / "postmaster.pid", *directory.glob(".s.*.lock")):
                lock.unlink(missing_ok=True)  # a dead process that nobody asks for seems to run

        start()
        try:
            url = f"{driver}://nas:secret@127.0.0.1:{port}/postgres"
            yield Server(url, start, stop, kill)
        finally:
            gc.collect()
            stop()
    finally:
        shutil.rmtree(directory)


def _runs(process: int) -> bool:
    """Whether a process is there, and not dead without a parent that asks for its status."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def url(server: Server) -> str:
    """The URL of the server."""
    return server.url


def test_finds_the_same_as_a_search_in_memory(url: str, tmp_path: Path) -> None:
    result = toy_search(tmp_path / "run", storage=url, study_name="a", sampler="nsga2")
    alone = toy_search(study_name="a", sampler="nsga2")
    assert found(result) == found(alone)
    assert record(result) == record(alone)
    assert "secret" not in (tmp_path / "run" / "run.json").read_text()


def test_goes_on_where_it_stopped(url: str) -> None:
    settings: dict[str, Any] = {"storage": url, "study_name": "b", "max_epochs": 0}
    first = record(toy_search(**settings, constraints="params<=900"))
    more = toy_search(**settings, constraints="params<=900", n_trials=20)
    assert record(more)[: len(first)] == first
    stored = optuna.load_study(storage=url, study_name="b")
    assert len(stored.get_trials(states=(TrialState.COMPLETE,))) >= 20
    assert more.trials.complete == 20
    with pytest.raises(StudyError, match=r"study 'b' in postgresql.*:\*\*\*@.*another seed"):
        toy_search(**settings, constraints="params<=900", seed=1)


def test_a_server_that_is_not_there(url: str) -> None:
    with pytest.raises(StudyError, match="cannot open the storage") as caught:
        toy_search(storage=url.replace("/postgres", "/missing"))
    assert "secret" not in str(caught.value)


@pytest.fixture
def fresh(url: str) -> Iterator[Callable[[], str]]:
    """Makes URLs of new databases on the server."""
    from sqlalchemy import create_engine, text

    server = create_engine(url, isolation_level="AUTOCOMMIT")
    names = map("d{}".format, count())

    def make() -> str:
        name = next(names)
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        made = url.replace("/postgres", f"/{name}")
        storage = database_of(open_storage(made))
        assert storage is not None
        storage.engine.dispose()
        return made

    yield make
    server.dispose()


def test_killed_at_any_statement_is_completed_to_the_same(
    fresh: Callable[[], str], tmp_path: Path
) -> None:
    assert_survives_kills(fresh, search(tmp_path / "s.journal"), (*range(20, 401, 95), 1000))


def test_one_process_at_a_time_works_on_a_study(url: str) -> None:
    settings: dict[str, Any] = {"storage": url, "max_epochs": 0, "finalists": 0}
    with study_in_use(open_storage(url), "c", "c"):
        with pytest.raises(StudyError, match=r"study 'c' in postgresql.* is in use by another"):
            toy_search(**settings, study_name="c")
        toy_search(**settings, study_name="d")
    assert toy_search(**settings, study_name="c").trials.complete == 12


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_ends_while_a_search_runs(
    how: str, server: Server, fresh: Callable[[], str], tmp_path: Path
) -> None:
    url = fresh()
    batches = count()

    def score(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        if next(batches) == 2:
            getattr(server, how)()
        return toy_score(candidates)

    def searched() -> None:
        with in_reach(url), study_in_use(open_storage(url), "s", "s"):
            search(url, score)

    try:
        with pytest.raises(StudyError, match="does not answer: OperationalError") as caught:
            searched()
    finally:
        server.start()
    assert "Repeat the command when it is back" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert search(url) == search(tmp_path / "s.journal")
