"""Searches whose study lies behind Optuna's gRPC proxy, a real server over an SQLite database."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from nas.errors import StudyError
from nas.study.record import storage as storages
from nas.study.record.storage import in_reach, open_storage
from tests.nas.study.study_toys import toy_score
from tests.nas.study.test_durability import search

pytest.importorskip("grpc")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from optuna.storages import BaseStorage

    from nas.evaluate.scorer import Estimate, Failure
    from nas.space.candidate import Candidate

pytestmark = pytest.mark.slow

SERVER = """
import sys, warnings
warnings.simplefilter("ignore")
from optuna.storages import get_storage, run_grpc_proxy_server
run_grpc_proxy_server(get_storage(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]))
"""
KILLED = """
import os, signal, sys
from itertools import count
from tests.nas.study.study_toys import toy_score
from tests.nas.study.test_durability import search
batches = count()
def score(candidates):
    if next(batches) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return toy_score(candidates)
search(sys.argv[1], score, name=sys.argv[2])
"""


def free_port() -> int:
    """A port on which no server listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Proxy:
    """A server that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        port = str(free_port())
        self.url = f"grpc://127.0.0.1:{port}"
        self.database = f"sqlite:///{folder / 'runs.db'}"
        self._command = [sys.executable, "-c", SERVER, self.database, port]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        open_storage(self.url)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    server = Proxy(tmp_path_factory.mktemp("proxy"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storages, "_ANSWER", 120.0)  # a busy machine starts it slowly
        server.start()
        yield server
    server.kill()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What an undisturbed search with a journal finds."""
    return search(tmp_path_factory.mktemp("journal") / "s.journal")


class Killed(BaseException):
    """Stands for the end of the process."""


def at_write(number: int, act: Callable[[], None]) -> Callable[[BaseStorage], None]:
    """Makes a storage act before one of its writes."""
    numbers = count()

    def counted(usual: Any) -> Any:
        def write(*args: Any, **more: Any) -> Any:
            if next(numbers) == number:
                act()
            return usual(*args, **more)

        return write

    def wrap(storage: BaseStorage) -> None:
        for name in ("create_new_trial", "set_study_user_attr"):
            setattr(storage, name, counted(getattr(storage, name)))

    return wrap


def test_finds_the_same_as_with_a_journal(proxy: Proxy, found: list[Any]) -> None:
    assert search(proxy.url, name="same") == found
    assert search(proxy.url, name="same") == found


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 9, 13, 14])
def test_a_driver_that_ends_at_any_write_is_completed_to_the_same(
    number: int, proxy: Proxy, found: list[Any]
) -> None:
    def end() -> None:
        raise Killed

    name = f"write {number}"
    with pytest.raises(Killed):
        search(proxy.url, toy_score, at_write(number, end), name=name)
    assert search(proxy.url, name=name) == found


def test_a_driver_that_is_killed_is_completed_to_the_same(proxy: Proxy, found: list[Any]) -> None:
    command = [sys.executable, "-W", "ignore", "-c", KILLED, proxy.url, "killed"]
    assert subprocess.run(command, check=False).returncode == -9
    assert search(proxy.url, name="killed") == found


def test_a_server_that_is_killed_between_generations(proxy: Proxy, found: list[Any]) -> None:
    batches = count()

    def score(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        if next(batches) == 2:
            proxy.kill()
        return toy_score(candidates)

    answered = pytest.raises(StudyError, match="does not answer: UNAVAILABLE")
    with answered as caught, in_reach(proxy.url):
        search(proxy.url, score, name="between")
    assert "Repeat the command when it is back" in str(caught.value)
    assert "\n" not in caught.value.message
    proxy.start()
    assert search(proxy.url, name="between") == found


@pytest.mark.parametrize("number", [2, 3])
def test_a_server_that_is_killed_within_a_generation(
    number: int, proxy: Proxy, found: list[Any]
) -> None:
    name = f"within {number}"
    with pytest.raises(StudyError, match="does not answer: UNAVAILABLE"), in_reach(proxy.url):
        search(proxy.url, toy_score, at_write(number, proxy.kill), name=name)
    proxy.start()
    assert search(proxy.url, name=name) == found


def test_the_dashboard_shows_a_search_that_runs(proxy: Proxy, found: list[Any]) -> None:
    program = Path(sys.executable).with_name("optuna-dashboard")
    if not program.exists():
        pytest.skip("optuna-dashboard is not installed")
    port = free_port()
    command = [str(program), proxy.database, "--port", str(port)]
    dashboard = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    batches, shown = count(), []

    def score(candidates: Sequence[Candidate]) -> Sequence[Estimate | Failure]:
        if next(batches) == 2:
            shown.extend(trials_shown(f"http://127.0.0.1:{port}/api/studies", "shown"))
        return toy_score(candidates)

    try:
        assert search(proxy.url, score, name="shown") == found
    finally:
        dashboard.kill()
        dashboard.wait()
    assert [trial["values"] for trial in shown] == [list(one[3]) for one in found[0][: len(shown)]]
    assert len(shown) >= 2


def trials_shown(address: str, name: str) -> list[dict[str, Any]]:
    """The trials of a study in the dashboard, as soon as it answers and shows some."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with suppress(URLError, StopIteration):
            studies = json.loads(urlopen(address).read())["study_summaries"]
            number = next(one["study_id"] for one in studies if one["study_name"] == name)
            trials = json.loads(urlopen(f"{address}/{number}?after=0").read())["trials"]
            if trials:
                return list(trials)
        time.sleep(0.5)
    return []


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storages, "_ANSWER", 0.2)
    with pytest.raises(StudyError, match=r"cannot open the storage 'grpc://localhost:1'"):
        open_storage("grpc://localhost:1")
