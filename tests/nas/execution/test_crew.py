"""Tasks on executors of every kind."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from nas.errors import ConfigError, DataError, StudyError, UnfitWorkerError, WorkerError
from nas.events import Noted
from nas.execution.crew import ATTEMPTS, crew
from nas.execution.dask import DaskWorkers
from nas.execution.workers import Workers
from nas.files import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nas.events import Event

MATERIAL = {"weights": torch.arange(6.0), "name": "some"}


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2) as found:
        yield found


def total(material: dict[str, Any], scale: float) -> float:
    return float(material["weights"].sum()) * scale


def die_until(material: object, file: Path, times: int) -> int:
    """Kill the worker the first so many times."""
    before = len(file.read_bytes()) if file.exists() else 0
    if before < times:
        with file.open("ab") as opened:
            opened.write(b".")
        os.kill(os.getpid(), signal.SIGKILL)
    return before


class Task(Future[Any]):
    """A task of Dask that waits for a worker."""

    status = "pending"


class Deserted:
    """A client of a Dask cluster whose first worker comes after some looks, or never."""

    status = "running"

    def __init__(self, looks: float = float("inf")) -> None:
        self.looks, self.task = looks, Task()

    def nthreads(self) -> dict[str, int]:
        self.looks -= 1
        if self.looks > 0:
            return {}
        if not self.task.done():
            self.task.set_exception(WorkerError("it has come and died"))
        return {"tcp://worker": 1}

    def submit(self, *_: Any, **__: Any) -> Task:
        return self.task


class Remote(Executor):
    """A foreign executor of one worker that sees no files of the driver."""

    def __init__(self, inner: Executor) -> None:
        self.inner = inner
        self.contents: list[int] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        task, *content = args
        self.contents.append(len(content))
        if not content:  # as on a machine without the file
            object.__setattr__(task, "path", Path("/nowhere") / task.digest)
        return self.inner.submit(fn, task, *content, **kwargs)


def test_tasks_share_the_material(workers: Workers) -> None:
    with crew(workers, MATERIAL, "it") as found:
        jobs = [found.submit(total, scale) for scale in (1.0, 2.0, 3.0)]
        assert [job.result() for job in jobs] == [15.0, 30.0, 45.0]
        with pytest.raises(TypeError):
            found.submit(total, "x", 3).result()


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_other_executors_serve_as_well(kind: str) -> None:
    executor: Executor = (
        ThreadPoolExecutor(2)
        if kind == "threads"
        else ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    )
    with executor, crew(executor, MATERIAL, "it") as found:
        assert [found.submit(total, scale).result() for scale in (1.0, 2.0)] == [15.0, 30.0]


@pytest.mark.slow
def test_a_worker_that_sees_no_file_gets_the_material_once() -> None:
    with Workers(1) as one:
        remote = Remote(one)
        with crew(remote, {"weights": torch.ones(3)}, "it") as found:
            assert [found.submit(total, scale).result() for scale in (1.0, 2.0)] == [3.0, 6.0]
        assert remote.contents == [0, 1, 0]


@pytest.mark.slow
def test_a_task_survives_the_death_of_its_worker(workers: Workers, tmp_path: Path) -> None:
    with crew(workers, MATERIAL, "it") as found:
        job = found.submit(die_until, tmp_path / "deaths", ATTEMPTS - 1)
        assert job.result() == ATTEMPTS - 1


@pytest.mark.slow
def test_a_task_that_kills_its_workers_is_given_up(workers: Workers, tmp_path: Path) -> None:
    with crew(workers, MATERIAL, "it") as found:
        job = found.submit(die_until, tmp_path / "deaths", 100)
        with pytest.raises(WorkerError, match="SIGKILL"):
            job.result()
        assert len((tmp_path / "deaths").read_bytes()) == ATTEMPTS
        assert found.submit(total, 1.0).result() == 15.0


def hang(material: object) -> None:
    """Wait in compiled code, where no exception can interrupt it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.valid_signals()))
    while True:
        time.sleep(60)


@pytest.mark.slow
def test_a_task_that_hangs_is_given_up_after_its_time(workers: Workers) -> None:
    with crew(workers, MATERIAL, "it") as found:
        job = found.submit(hang, seconds=0.5)
        with pytest.raises(WorkerError, match=r"it took longer than 0.5 s"):
            job.result()


@pytest.mark.slow
def test_an_executor_that_breaks_is_named() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor,
        crew(executor, MATERIAL, "it") as found,
    ):
        job = found.submit(die_until, Path("/dev/null"), 1)
        with pytest.raises(StudyError, match="the executor takes no more work"):
            job.result()
        with pytest.raises(StudyError, match="Repeat the command"):
            found.submit(total, 1.0).result()


def test_what_cannot_be_sent_is_refused(workers: Workers) -> None:
    with (
        pytest.raises(ConfigError, match="the data cannot be sent to a worker"),
        crew(workers, {"lock": threading.Lock()}, "the data"),
    ):
        pass
    with (
        pytest.raises(ConfigError, match=r"expected a concurrent.futures.Executor, got int 4"),
        crew(4, MATERIAL, "it"),  # type: ignore[arg-type]
    ):
        pass


def test_tasks_that_wait_are_withdrawn_and_others_run_on() -> None:
    began, ends = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as executor, crew(executor, "material", "it") as found:
        executor.submit(began.set)
        executor.submit(ends.wait, 60)
        began.wait(60)
        waiting = found.submit(total, 1.0)
        assert waiting.cancel()
        ends.set()
        with pytest.raises(CancelledError):
            waiting.result()


def leave(material: object) -> None:
    sys.exit(3)


def test_a_task_that_exits_has_failed(workers: Workers) -> None:
    with ThreadPoolExecutor(1) as threads:
        for executor in (workers, threads):
            with crew(executor, MATERIAL, "it") as found:
                with pytest.raises(RuntimeError, match="it raised SystemExit"):
                    found.submit(leave).result()
                assert found.submit(total, 1.0).result() == 15.0


def test_a_material_that_workers_cannot_read_is_no_failure_of_the_task(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor, crew(executor, [0], "it", tmp_path / "m") as found:
        (file,) = (tmp_path / "m").iterdir()
        file.write_bytes(b"damaged")
        with pytest.raises(UnfitWorkerError, match="no worker can do the work: RuntimeError: "):
            found.submit(total, 1.0).result()


class Lazy:
    """Data that stay in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.read_bytes, (self.file,)


def test_a_file_that_no_worker_has_ends_the_work(tmp_path: Path) -> None:
    data = Lazy(tmp_path / "images.npy")
    with (
        ThreadPoolExecutor(1) as executor,
        crew(executor, data, "it") as found,
        pytest.raises(UnfitWorkerError, match=r"No such file .*images\.npy.* \(on .*\)"),
    ):
        found.submit(len).result()


def lacking(material: Any, error: Exception, file: Path, times: int) -> int:
    """Raise the error the first so many times."""
    before = len(file.read_bytes()) if file.exists() else 0
    if before < times:
        file.write_bytes(bytes(before + 1))
        raise error
    return before


FULL = WriteError(errno.ENOSPC, "No space left on device", "a")


@pytest.mark.parametrize(
    "error", [FULL, ModuleNotFoundError("No module named 'x'"), DataError("")]
)
def test_what_a_machine_lacks_is_looked_for_on_another_one(
    error: Exception, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(1) as executor, crew(executor, [0], "it") as found:
        job = found.submit(lacking, error, tmp_path / "a", ATTEMPTS - 1)
        assert job.result() == ATTEMPTS - 1
        job = found.submit(lacking, error, tmp_path / "b", ATTEMPTS)
        with pytest.raises(UnfitWorkerError, match="no worker can do the work") as caught:
            job.result()
    assert "it continues from the record" in str(caught.value)


def test_an_error_of_files_in_code_of_the_users_is_a_failure_of_the_task(tmp_path: Path) -> None:
    error = OSError(errno.ENOSPC, "No space left on device")
    with (
        ThreadPoolExecutor(1) as executor,
        crew(executor, [0], "it") as found,
        pytest.raises(OSError, match="No space left") as caught,
    ):
        found.submit(lacking, error, tmp_path / "a", 1).result()
    assert type(caught.value) is OSError


def test_a_package_that_this_machine_lacks_is_a_failure_of_the_task(
    workers: Workers, tmp_path: Path
) -> None:
    error = ModuleNotFoundError("No module named 'x'")
    with crew(workers, [0], "it") as found, pytest.raises(ModuleNotFoundError, match="'x'"):
        found.submit(lacking, error, tmp_path / "a", 1).result()


class ByHand(Executor):
    """An executor whose futures the test completes."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.futures.append(Future())
        return self.futures[-1]


def test_an_executor_that_cancels_a_task_is_broken() -> None:
    executor = ByHand()
    with crew(executor, MATERIAL, "it") as found:
        job = found.submit(total, 1.0)
        executor.futures[0].cancel()
        with pytest.raises(StudyError, match="the executor takes no more work"):
            job.result()


def test_a_task_that_has_begun_keeps_its_attempts() -> None:
    executor = ByHand()
    with crew(executor, MATERIAL, "it") as found:
        job = found.submit(total, 1.0)
        first = executor.futures[0]
        first.set_running_or_notify_cancel()
        assert not job.cancel()
        first.set_exception(WorkerError("it died"))
        assert len(executor.futures) == 2
        executor.futures[1].set_running_or_notify_cancel()
    executor.futures[1].set_exception(WorkerError("it died"))  # nobody waits any more
    assert len(executor.futures) == 2


def test_a_dask_cluster_without_workers_is_noted_and_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nas.execution.crew._LOOK", 0.001)
    events: list[Event] = []
    with crew(DaskWorkers(Deserted()), [0], "it", listen=events.append) as some:
        job = some.submit(total, 1.0)
        with pytest.raises(StudyError, match="has had no workers for half an hour") as caught:
            job.result()
    assert "it continues from the record" in str(caught.value)
    assert [type(event) for event in events] == [Noted]
    assert "`dask worker ADDRESS --nthreads 1`" in str(events)


def test_a_dask_cluster_may_have_its_first_worker_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.execution.crew._LOOK", 0.001)
    with crew(DaskWorkers(Deserted(looks=300)), [0], "it") as some:
        job = some.submit(total, 1.0, attempts=1)
        with pytest.raises(WorkerError, match="it has come and died"):
            job.result()
