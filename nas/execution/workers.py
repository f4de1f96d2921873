"""An executor of worker processes that survives their death."""

from __future__ import annotations

import math
import pickle
import queue
import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

import cloudpickle

from nas.allocator import memory as memory_of_machine
from nas.errors import ConfigError, UnfitWorkerError, WorkerError
from nas.execution.gpu import gpu_for
from nas.execution.worker_process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

T = TypeVar("T")

_SHARE = 0.5
"""The part of the machine's memory that one worker may take: one candidate that takes too much
fails, whatever the number of workers."""

_STARTS = 3
"""How often the start of a process is tried; a signal may end one as it starts."""


class Workers(Executor):
    """Processes that each run one call at a time, with one torch thread.

    If a process ends in the middle of a call, its future raises
    :class:`nas.errors.WorkerError`, and a new process takes its place; the others work on. In a
    search the task is then given to another worker. Processes start with the first calls.

    Args:
        count: Number of processes.
        memory: Bytes of data that each may hold; by default half of this machine's memory.

    Raises:
        ConfigError: The number is not positive.

    Example:
        >>> with Workers(2) as workers:
        ...     list(workers.map(pow, [2, 3], [5, 2]))
        [32, 9]
    """

    def __init__(self, count: int, *, memory: int | None = None) -> None:
        if count < 1:
            raise ConfigError(f"the number of workers must be at least 1, got {count}")
        self.count = count
        self._memory = memory or _usual_memory()
        self._calls: queue.SimpleQueue[tuple[Future[Any], bytes] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._processes: dict[int, WorkerProcess] = {}
        self._threads: list[threading.Thread] = []
        self._is_shut = self._is_killed = False

    def __repr__(self) -> str:
        return f"Workers({self.count})"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.kill()
        super().__exit__(kind, error, traceback)

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Call a function in a worker; see :class:`concurrent.futures.Executor`."""
        call = cloudpickle.dumps((fn, args, kwargs))
        future: Future[T] = Future()
        with self._lock:
            if self._is_shut:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._calls.put((future, call))
            if len(self._threads) < self.count:
                number = len(self._threads)
                # a daemon, so that a program ends without waiting for calls
                thread = threading.Thread(target=self._work, args=(number,), daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls, and end the processes after the running and waiting ones."""
        with self._lock:
            self._is_shut = True
        if cancel_futures:
            self._cancel()
        for _ in self._threads:
            self._calls.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def kill(self) -> None:
        """Take no more calls, and end all processes at once; their calls fail."""
        with self._lock:
            self._is_shut = self._is_killed = True
        self._cancel()
        for process in list(self._processes.values()):
            process.end()

    def _cancel(self) -> None:
        """Cancel all calls that have not begun."""
        try:
            while True:
                waiting = self._calls.get_nowait()
                if waiting is not None:
                    waiting[0].cancel()
        except queue.Empty:
            pass

    def _work(self, number: int) -> None:
        """Pass calls to one process, and replace it when it ends."""
        while (waiting := self._calls.get()) is not None:
            future, call = waiting
            if not future.set_running_or_notify_cancel():
                continue
            try:
                value, error = pickle.loads(self._process(number).call(call))
            except WorkerError as died:
                self._processes.pop(number, None)
                value, error = None, died
            except Exception as failed:  # the answer cannot be read here
                value, error = None, failed
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)
            del future, call, waiting, value, error  # a thread that waits keeps nothing alive
        process = self._processes.pop(number, None)
        if process is not None:
            process.end()

    def _process(self, number: int) -> WorkerProcess:
        """The process of a thread; a new one if it has none.

        Raises:
            UnfitWorkerError: It ended each time it was started.
        """
        for left in reversed(range(_STARTS)):
            if number in self._processes:
                break
            try:
                self._processes[number] = WorkerProcess(_variables(number), self._memory)
            except WorkerError as ended:
                if self._is_killed:
                    raise
                if not left:
                    raise UnfitWorkerError(f"a worker does not start: {ended.message}") from None
        if self._is_killed:  # while it started
            self._processes[number].end()
        return self._processes[number]


def _usual_memory() -> int | None:
    """Bytes of data one worker may hold; None with GPUs, as CUDA reserves more than it uses."""
    there = memory_of_machine()
    return None if math.isinf(there) or gpu_for(0) else int(_SHARE * there)


def _variables(number: int) -> dict[str, str]:
    """Environment of a worker: one thread, and one GPU of its own if there are any."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return threads | gpu_for(number)
