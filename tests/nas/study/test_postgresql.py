"""A search whose study lives in a PostgreSQL server of its own."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.trial import TrialState

from nas.errors import StudyError
from tests.nas.study.study_toys import found, record, toy_search

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.slow,
    # Optuna leaves its connections to the garbage collector, and one driver complains of it
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

DRIVERS = {"psycopg": "postgresql+psycopg", "psycopg2": "postgresql+psycopg2"}
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a fresh server on a free port; skips where one cannot be had."""
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
        run("pg_ctl", "-w", "-o", options, "start")
        try:
            yield f"{driver}://nas:secret@127.0.0.1:{port}/postgres"
        finally:
            gc.collect()
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory)


def test_finds_what_a_search_in_memory_finds(url: str, tmp_path: Path) -> None:
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
