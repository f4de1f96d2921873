"""Worker processes that die, hang or take too much memory."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from nas.errors import ConfigError, WorkerError
from nas.execution.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2, memory=2 * 10**9) as found:
        yield found


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def ends(process: int, within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(process)


def test_results_and_errors_come_back(workers: Workers) -> None:
    assert list(workers.map(pow, [2, 3, 4], [5, 2, 1])) == [32, 9, 4]
    with pytest.raises(ZeroDivisionError):
        workers.submit(divmod, 1, 0).result()
    with pytest.raises(SystemExit):
        workers.submit(sys.exit, 3).result()
    with pytest.raises(TypeError, match="the result cannot be sent"):
        workers.submit(lambda: threading.Lock()).result()


def test_what_a_worker_prints_does_not_disturb_its_answers(workers: Workers) -> None:
    assert workers.submit(lambda: print("hello") or os.system("echo hello")).result() == 0


def test_a_worker_has_one_thread_and_its_own_process(workers: Workers) -> None:
    def inside() -> tuple[int, int]:
        import torch

        return os.getpid(), torch.get_num_threads()

    process, threads = workers.submit(inside).result()
    assert process != os.getpid()
    assert threads == 1


def test_a_call_whose_process_is_killed_fails_and_the_next_has_a_new_one(workers: Workers) -> None:
    killed = workers.submit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(WorkerError, match=r"its worker process ended \(SIGKILL\)"):
        killed.result()
    exited = workers.submit(lambda: os._exit(7))
    with pytest.raises(WorkerError, match=r"exit status 7"):
        exited.result()
    assert workers.submit(pow, 2, 3).result() == 8


@pytest.mark.skipif(sys.platform == "win32", reason="limits memory with resource")
def test_too_much_memory_is_an_error_of_the_call_alone(workers: Workers) -> None:
    with pytest.raises(MemoryError):
        workers.submit(lambda: bytearray(3 * 10**9)).result()
    assert len(workers.submit(lambda: bytes(10**8)).result()) == 10**8


def interrupted_block() -> tuple[int, list[Future[None]]]:
    """The process of a block that Ctrl-C ended, and its calls: one ran and one waited."""
    with suppress(KeyboardInterrupt), Workers(1) as workers:
        process = workers.submit(os.getpid).result()
        calls = [workers.submit(time.sleep, 600) for _ in range(2)]
        while not calls[0].running():
            time.sleep(0.01)
        raise KeyboardInterrupt
    return process, calls


def test_an_interrupted_block_ends_running_calls_at_once() -> None:
    process, (running, waiting) = interrupted_block()
    assert isinstance(running.exception(), WorkerError)
    with pytest.raises(CancelledError):
        waiting.result()
    assert ends(process)


def test_shutdown_finishes_what_was_submitted() -> None:
    workers = Workers(1)
    futures = [workers.submit(pow, 2, exponent) for exponent in range(3)]
    process = workers.submit(os.getpid)
    workers.shutdown()
    assert [future.result() for future in futures] == [1, 2, 4]
    with pytest.raises(RuntimeError, match="after shutdown"):
        workers.submit(pow, 2, 3)
    assert not wait([process]).not_done
    assert ends(process.result())


def test_a_driver_that_is_killed_leaves_no_process() -> None:
    import subprocess

    program = (
        "import os, time; from nas.execution.workers import Workers; w = Workers(1); "
        "print(w.submit(os.getpid).result(), flush=True); w.submit(time.sleep, 600).result()"
    )
    driver = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    worker = int(driver.stdout.readline())
    assert is_alive(worker)
    driver.kill()
    driver.wait()
    driver.stdout.close()
    assert ends(worker)


def test_a_number_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 1, got 0"):
        Workers(0)
