"""The workers of a Dask cluster."""

from __future__ import annotations

import builtins
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import cloudpickle

from nas.errors import ConfigError, StudyError, UnfitWorkerError, WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nas.execution.material import Material

_PATIENCE = 30
"""Seconds to wait for the scheduler."""


_KILLED = "its Dask workers died, one after another"


@dataclass(frozen=True)
class Placed:
    """Content in the memory of a Dask worker, from where others fetch it.

    Attributes:
        digest: Names the content.
        future: Of Dask.
    """

    digest: str
    future: Any

    @property
    def is_lost(self) -> bool:
        """Whether all workers that held it have died."""
        return bool(self.future.status == "cancelled")


class DaskWorkers(Executor):
    """The workers of a Dask cluster as an executor that leaves out unfit ones.

    Dask gives the task of a worker that dies to another one, as often as its setting
    ``distributed.scheduler.allowed-failures`` says. Without workers it waits for some, and
    :class:`nas.execution.crew.Crew` for half an hour.

    Args:
        client: A ``distributed.Client``; it is left open.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._unfit: set[str] = set()
        self._placed: Placed | None = None

    @property
    def is_deserted(self) -> bool:
        """Whether the scheduler answers and has no workers, not even unfit ones."""
        try:
            return self._client.status == "running" and not self._client.nthreads()
        except Exception:  # the scheduler is lost: its tasks end by themselves
            return False

    @property
    def count(self) -> int:
        """Number of fit workers in the cluster at present."""
        return len(self._fit())

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function in a worker; see :class:`concurrent.futures.Executor`.

        Its last arguments may be what :meth:`placed` has returned. The future raises
        :class:`nas.errors.UnfitWorkerError` if the worker cannot import the function.
        """
        placed = [one.future for one in args if isinstance(one, Placed)]
        call = cloudpickle.dumps((fn, args[: len(args) - len(placed)], kwargs))
        chosen: dict[str, Any] = {"pure": False, "key": f"nas-{uuid4().hex}"}
        if self._unfit:  # a preference: Dask waits for ever if all of them leave
            chosen |= {"workers": self._fit(), "allow_other_workers": True}
        task = self._client.submit(_PORTABLE, call, *placed, **chosen)
        known: Future[Any] = Future()
        known.add_done_callback(partial(_withdraw, task))
        task.add_done_callback(partial(self._pass_on, known, *placed))
        return known

    def leave_out(self, address: str) -> None:
        """Prefer other workers than this unfit one from now on."""
        self._unfit.add(address)

    def placed(self, material: Material) -> Placed:
        """The content of a material as an argument of calls: it is sent to a worker once."""
        known = self._placed
        if known is None or known.digest != material.digest or known.is_lost:
            known = self._placed = Placed(material.digest, self._client.scatter(material.content))
        return known

    def _fit(self) -> list[str]:
        return [place for place in self._client.nthreads() if place not in self._unfit]

    def _pass_on(self, known: Future[Any], *tasks: Any) -> None:
        """Give the outcome of the last task to the call that waits for it.

        Args:
            known: Of the call.
            tasks: Perhaps that of the content, and the call's own.
        """
        if not known.set_running_or_notify_cancel():
            return
        try:
            value, lacking, address = tasks[-1].result()
        except BaseException as error:  # of the function, or since the scheduler is lost
            connected = self._client.status == "running"
            if type(error).__name__ == "KilledWorker":
                error = WorkerError(_KILLED)
            elif connected and any(content.status == "cancelled" for content in tasks[:-1]):
                error = WorkerError("the Dask worker that held the data died")
            known.set_exception(error)
            return
        if lacking:
            self.leave_out(address)
            known.set_exception(UnfitWorkerError(lacking))
        else:
            known.set_result(value)


def adapted(executor: Executor) -> Executor:
    """Dask's own executor as :class:`DaskWorkers`; any other one as it is."""
    if type(executor).__module__ == "distributed.cfexecutor":
        return DaskWorkers(executor._client)  # type: ignore[attr-defined]
    return executor


@contextmanager
def dask_executor(scheduler: str) -> Iterator[Executor]:
    """The workers of a Dask cluster as an executor while the block runs.

    Args:
        scheduler: Its address, such as ``tcp://10.0.0.1:8786``.

    Raises:
        ConfigError: Dask is not installed, or the address is none.
        StudyError: No scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError(
            "Dask is not installed", hint="`pip install 'ghn-nas[dask]'` installs it."
        ) from None
    try:
        client = Client(scheduler, timeout=_PATIENCE)
    except ValueError as error:
        raise ConfigError(
            f"{scheduler!r} is no address of a Dask scheduler: {error}",
            hint="Write it like tcp://10.0.0.1:8786.",
        ) from None
    except OSError as error:
        raise StudyError(
            f"no Dask scheduler answers at {scheduler!r}: {error}",
            hint="Start one with `dask scheduler`, and workers with `dask worker ADDRESS "
            "--nthreads 1`.",
        ) from None
    with client:
        yield DaskWorkers(client)


def _withdraw(task: Any, known: Future[Any]) -> None:
    """Cancel the task of a call that was cancelled here."""
    if known.cancelled():
        task.cancel()


def _in_worker(call: bytes, *placed: Any) -> tuple[Any, str, str]:
    """Run a packed call; names no code of this package, which a worker may lack.

    Dask ends a worker that cannot import a function, and then condemns the task.

    Returns:
        The value; or else what the worker lacks, and its address.
    """
    import pickle
    import platform

    try:
        function, args, kwargs = pickle.loads(call)
    except Exception as error:
        from distributed import get_worker

        lacking = f"{type(error).__name__}: {error} (on {platform.node()})"
        return None, lacking, get_worker().address
    return function(*args, *placed, **kwargs), "", ""


_PORTABLE = FunctionType(_in_worker.__code__, {"__builtins__": builtins}, "_in_worker")
_PORTABLE.__module__ = "__main__"  # so that it is sent by value
