"""The driver's side of an executor: tasks are retried, and their results come in any order."""

from __future__ import annotations

import time
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError, StudyError, UnfitWorkerError, WorkerError, described
from nas.events import Noted, ignore
from nas.execution.dask import DaskWorkers, adapted
from nas.execution.material import stored
from nas.execution.packing import pack, unpack
from nas.execution.task import ALARM, Task, perform
from nas.execution.workers import Workers
from nas.raised import error_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nas.events import Listener
    from nas.execution.material import Material
    from nas.execution.task import Answer

ATTEMPTS = 3
"""Workers that a task may lose before it is given up."""

_LOOK = 5.0
"""Seconds between two looks whether a Dask cluster has workers."""
_NOTE, _LAST = 6, 360
"""Looks in vain until a note and until a task is given up: half a minute, and half an hour, since
a queue may take long to start a worker."""


class Crew:
    """Runs tasks that share a material on an executor.

    Args:
        executor: Any executor; its workers need this package, and not the data.
        material: What all tasks share.
        listen: Receives a note where a cluster has no workers.
    """

    def __init__(self, executor: Executor, material: Material, listen: Listener = ignore) -> None:
        self._executor = executor
        self._material = material
        self._listen = listen
        self._jobs: set[Job] = set()
        self._met: set[tuple[str, int]] = set()

    @property
    def size(self) -> int:
        """Number of workers; those of a foreign executor are known after their first task."""
        executor = self._executor
        known = executor.count if isinstance(executor, Workers | DaskWorkers) else len(self._met)
        return max(1, known)

    @property
    def is_here(self) -> bool:
        """Whether tasks run in threads of this process, beside its own work."""
        return isinstance(self._executor, ThreadPoolExecutor)

    @property
    def has_same_packages(self) -> bool:
        """Whether workers certainly have this machine's packages."""
        return isinstance(self._executor, Workers)

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
            call=call,
            digest=self._material.digest,
            path=self._material.path,
            seconds=seconds,
            same_packages=self.has_same_packages,
        )
        job = Job(self, task, attempts)
        self._jobs = {known for known in self._jobs if not known.is_done} | {job}
        job.begin()
        return job

    def wait(self, result: Future[Any]) -> None:
        """Wait for a result, and for workers if there are none.

        Raises:
            StudyError: The executor has had no workers for half an hour.
        """
        looks, start = 0, "Start some with `dask worker ADDRESS --nthreads 1`"
        while not wait([result], timeout=_LOOK).done:
            executor = self._executor
            looks = looks + 1 if isinstance(executor, DaskWorkers) and executor.is_deserted else 0
            if looks == _NOTE:
                text = f"The Dask cluster has no workers; waiting half an hour for one. {start}."
                self._listen(Noted(text=text))
            if looks == _LAST:
                raise StudyError(
                    "the Dask cluster has had no workers for half an hour",
                    hint=f"{start}, and repeat the command; it continues from the record.",
                )

    def cancel(self) -> None:
        """Cancel all tasks that have not begun; nobody waits for the others."""
        for job in self._jobs:
            job.abandon()

    def run(self, task: Task, *, with_material: bool) -> Future[bytes | None]:
        """Give a task to the executor, perhaps with the material for a worker that lacks it."""
        if not with_material:
            return self._executor.submit(perform, task)
        material, executor = self._material, self._executor
        if isinstance(executor, DaskWorkers):
            return executor.submit(perform, task, executor.placed(material))
        return executor.submit(perform, task, material.content)

    def note(self, answer: Answer) -> None:
        """Remember which worker has answered."""
        self._met.add(answer.worker)

    def has_others(self, unfit: int, address: str) -> bool:
        """Whether another worker may do what one was unfit for.

        Args:
            unfit: How many workers were unfit for this task.
            address: The last one, if it is one of Dask.
        """
        if not isinstance(self._executor, DaskWorkers):
            return unfit < ATTEMPTS
        if address:
            self._executor.leave_out(address)
        return self._executor.count > 0


class Job:
    """A task on its way.

    Args:
        crew: Runs it.
        task: The task.
        attempts: How many workers it may lose.

    Attributes:
        ended: When its last attempt ended, in seconds of ``time.monotonic``.
    """

    def __init__(self, crew: Crew, task: Task, attempts: int) -> None:
        self._crew = crew
        self._task = task
        self._left = attempts
        self._unfit = 0
        self._is_cancelled = False
        self._running: Future[bytes | None] | None = None
        self._result: Future[Any] = Future()
        self.ended = 0.0

    @property
    def is_done(self) -> bool:
        """Whether there is a result or a failure."""
        return self._result.done()

    def begin(self, *, with_material: bool = False) -> None:
        """Give the task to the executor, perhaps with the material."""
        try:
            self._running = self._crew.run(self._task, with_material=with_material)
        except Exception as error:
            self._result.set_exception(_broken(error))
            return
        self._running.add_done_callback(self._ended)

    def result(self) -> Any:
        """Wait for the result.

        Raises:
            WorkerError: The task lost as many workers as it may.
            StudyError: The executor is broken or has no workers, or none of them has what the task
                needs.
            Exception: What the function raised.
        """
        self._crew.wait(self._result)
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
            self._take(future)
        except BaseException as error:  # it would be lost in the calling thread
            self._result.set_exception(_broken(error))

    def _take(self, future: Future[bytes | None]) -> None:
        try:
            packed = future.result()
            if packed is None:
                self.begin(with_material=True)
            else:
                self._answered(packed)
        except WorkerError as died:
            self._lost(died)
        except CancelledError as cancelled:
            self._result.set_exception(cancelled if self._is_cancelled else _broken(cancelled))
        except BrokenExecutor:
            raise
        except BaseException as error:  # the worker cannot even import this package
            self._retried_elsewhere(UnfitWorkerError(error_text(error)))

    def _answered(self, packed: bytes) -> None:
        try:
            answer: Answer = unpack(packed)
        except Exception as error:  # of a class that does not exist here
            text = f"the answer of its worker cannot be read: {error_text(error)}"
            self._result.set_exception(WorkerError(text))
            return
        if isinstance(answer.error, UnfitWorkerError):
            self._retried_elsewhere(answer.error, answer.address)
            return
        self._crew.note(answer)
        if answer.error is None:
            self._result.set_result(answer.value)
        else:
            self._result.set_exception(answer.error)

    def _retried_elsewhere(self, lacking: UnfitWorkerError, address: str = "") -> None:
        """Try again, unless no worker has what the task needs."""
        self._unfit += 1
        if not self._left:  # nobody waits
            self._result.set_exception(lacking)
        elif self._crew.has_others(self._unfit, address):
            self.begin()
        else:
            self._result.set_exception(
                UnfitWorkerError(
                    f"no worker can do the work: {lacking.message}",
                    hint="Solve this on the machines of the workers, or give them more memory, "
                    "and repeat the command; it continues from the record.",
                )
            )

    def _lost(self, died: WorkerError) -> None:
        self._left -= 1
        limit = self._task.seconds
        if limit is not None and died.seconds >= limit and died.status == ALARM:
            text = f"it took longer than {limit:.3g} s, and its worker was ended"
            self._result.set_exception(WorkerError(text, status=ALARM))
        elif self._left > 0:
            self.begin()
        else:
            self._result.set_exception(died)


@contextmanager
def crew(
    executor: Executor,
    value: object,
    name: str,
    folder: Path | None = None,
    listen: Listener = ignore,
) -> Iterator[Crew]:
    """Workers that share a value while the block runs.

    Args:
        executor: Any executor; it is left open.
        value: What all tasks share.
        name: What it is, for messages.
        folder: Where the value is kept meanwhile; a temporary folder if None.
        listen: Receives a note where a cluster has no workers.

    Raises:
        ConfigError: The value cannot be sent to a worker, or the executor is none.
    """
    if not isinstance(executor, Executor):
        raise ConfigError(
            f"expected a concurrent.futures.Executor, got {described(executor)}",
            hint="Give nas.execution.Workers(4), or the executor of Dask, MPI or submitit.",
        )
    with stored(value, name, folder) as material:
        found = Crew(adapted(executor), material, listen)
        try:
            yield found
        finally:
            found.cancel()


def _broken(error: BaseException) -> StudyError:
    return StudyError(
        f"the executor takes no more work: {type(error).__name__}: {error}",
        hint="Repeat the command with a new one; it continues from the record. "
        "nas.execution.Workers replaces processes that die.",
    )
