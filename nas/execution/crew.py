"""The driver's side of an executor: tasks are retried, and their results come in any order."""

from __future__ import annotations

import time
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError, StudyError, WorkerError, described
from nas.execution.material import stored
from nas.execution.packing import pack, unpack
from nas.execution.task import ALARM, Task, perform
from nas.execution.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nas.execution.material import Material
    from nas.execution.task import Answer

ATTEMPTS = 3
"""Workers that a task may lose before it is given up."""


class Crew:
    """Runs tasks that share a material on an executor.

    Args:
        executor: Any executor; its workers need this package, and not the data.
        material: What all tasks share.
    """

    def __init__(self, executor: Executor, material: Material) -> None:
        self._executor = executor
        self._material = material
        self._jobs: set[Job] = set()
        self._met: set[tuple[str, int]] = set()

    @property
    def size(self) -> int:
        """Number of workers; those of a foreign executor are known after their first task."""
        executor = self._executor
        return executor.count if isinstance(executor, Workers) else max(1, len(self._met))

    @property
    def is_here(self) -> bool:
        """Whether tasks run in threads of this process, beside its own work."""
        return isinstance(self._executor, ThreadPoolExecutor)

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        seconds: float | None = None,
        attempts: int = ATTEMPTS,
    ) -> Job:
        """Call a function with the material and further arguments in some worker.

        Args:
            function: It runs in one place or another, so its result follows from its arguments.
            arguments: Its arguments after the material.
            seconds: How long it may run before its worker is given up.
            attempts: How many workers it may lose.

        Raises:
            ConfigError: An argument cannot be sent to a worker.
        """
        call = pack((function, arguments), "an architecture")
        task = Task(
            call=call, digest=self._material.digest, path=self._material.path, seconds=seconds
        )
        job = Job(self._executor, task, self._material, attempts, self._met)
        self._jobs = {known for known in self._jobs if not known.is_done} | {job}
        job.begin()
        return job

    def cancel(self) -> None:
        """Cancel all tasks that have not begun; nobody waits for the others."""
        for job in self._jobs:
            job.abandon()


class Job:
    """A task on its way.

    Args:
        executor: Where to run it.
        task: The task.
        material: Sent to a worker that lacks it.
        attempts: How many workers it may lose.
        met: Receives the worker that answers.

    Attributes:
        ended: When its last attempt ended, in seconds of ``time.monotonic``.
    """

    def __init__(
        self,
        executor: Executor,
        task: Task,
        material: Material,
        attempts: int,
        met: set[tuple[str, int]],
    ) -> None:
        self._executor = executor
        self._task = task
        self._material = material
        self._left = attempts
        self._is_cancelled = False
        self._met = met
        self._running: Future[bytes | None] | None = None
        self._result: Future[Any] = Future()
        self.ended = 0.0

    @property
    def is_done(self) -> bool:
        """Whether there is a result or a failure."""
        return self._result.done()

    def begin(self, *content: bytes) -> None:
        """Give the task to the executor, perhaps with the material."""
        try:
            self._running = self._executor.submit(perform, self._task, *content)
        except Exception as error:
            self._result.set_exception(_broken(error))
            return
        self._running.add_done_callback(self._ended)

    def result(self) -> Any:
        """Wait for the result.

        Raises:
            WorkerError: The task lost as many workers as it may.
            StudyError: The executor is broken.
            Exception: What the function raised.
        """
        return self._result.result()

    def cancel(self) -> bool:
        """Keep the task from beginning; False if it has begun."""
        self._is_cancelled = True  # before the future calls back
        self._is_cancelled = self._running is None or self._running.cancel()
        return self._is_cancelled

    def abandon(self) -> None:
        """Keep the task from beginning, or from beginning again."""
        self._left = 0
        self.cancel()

    def _ended(self, future: Future[bytes | None]) -> None:
        """Pass on a result, or try again."""
        self.ended = time.monotonic()
        try:
            packed = future.result()
            if packed is None:
                self.begin(self._material.content)
                return
            answer: Answer = unpack(packed)
            self._met.add(answer.worker)
            if answer.error is None:
                self._result.set_result(answer.value)
            else:
                self._result.set_exception(answer.error)
        except WorkerError as died:
            self._lost(died)
        except CancelledError as cancelled:
            self._result.set_exception(cancelled if self._is_cancelled else _broken(cancelled))
        except BrokenExecutor as error:
            self._result.set_exception(_broken(error))
        except BaseException as error:  # of the executor; it would be lost in the calling thread
            self._result.set_exception(_failed(error))

    def _lost(self, died: WorkerError) -> None:
        self._left -= 1
        limit = self._task.seconds
        if limit is not None and died.seconds >= limit and died.status == ALARM:
            text = f"it took longer than {limit:.3g} s, and its worker was ended"
            self._result.set_exception(WorkerError(text))
        elif self._left > 0:
            self.begin()
        else:
            self._result.set_exception(died)


@contextmanager
def crew(
    executor: Executor, value: object, name: str, folder: Path | None = None
) -> Iterator[Crew]:
    """Workers that share a value while the block runs.

    Args:
        executor: Any executor; it is left open.
        value: What all tasks share.
        name: What it is, for messages.
        folder: Where the value is kept meanwhile; a temporary folder if None.

    Raises:
        ConfigError: The value cannot be sent to a worker, or the executor is none.
    """
    if not isinstance(executor, Executor):
        raise ConfigError(
            f"expected a concurrent.futures.Executor, got {described(executor)}",
            hint="Give nas.execution.Workers(4), or the executor of Dask, MPI or submitit.",
        )
    with stored(value, name, folder) as material:
        found = Crew(executor, material)
        try:
            yield found
        finally:
            found.cancel()


def _failed(error: BaseException) -> WorkerError:
    return WorkerError(f"its worker failed: {type(error).__name__}: {error}")


def _broken(error: Exception) -> StudyError:
    return StudyError(
        f"the executor takes no more work: {type(error).__name__}: {error}",
        hint="Repeat the command with a new one; it continues from the record. "
        "nas.execution.Workers replaces processes that die.",
    )
