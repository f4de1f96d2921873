"""One task, as a worker runs it."""

from __future__ import annotations

import faulthandler
import os
import platform
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from nas.errors import DataError, NasError, UnfitWorkerError
from nas.execution.material import restored
from nas.execution.packing import pack, unpack
from nas.files import WriteError
from nas.raised import error_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _here() -> tuple[str, int]:
    """This process among those of all machines."""
    return platform.node(), os.getpid()


@dataclass(frozen=True, kw_only=True)
class Task:
    """A function of a material and of further arguments, to be called in a worker.

    Attributes:
        call: The packed function and its arguments after the material.
        digest: Names the material.
        path: The file of the material.
        seconds: How long the call may take before it ends its process; None for no limit.
        driver: The process that made the task.
        same_packages: Whether the worker has the packages of that process, so that a module
            that is missing is a fault of the call.
    """

    call: bytes
    digest: str
    path: Path
    seconds: float | None = None
    driver: tuple[str, int] = field(default_factory=_here)
    same_packages: bool = False


def dask_address() -> str:
    """The address of the Dask worker that runs this code; empty if none does."""
    found = sys.modules.get("distributed.worker")
    try:
        return "" if found is None else str(found.get_worker().address)
    except ValueError:
        return ""


@dataclass(frozen=True)
class Answer:
    """The value of a call, or the error that it raised, and where it ran.

    Attributes:
        value: What the call returned.
        error: What it raised; an :class:`nas.errors.UnfitWorkerError` says nothing about the call.
        worker: The process.
        address: That of a Dask worker; else empty.
    """

    value: Any = None
    error: Exception | None = None
    worker: tuple[str, int] = field(default_factory=_here)
    address: str = field(default_factory=dask_address)


ALARM = 1
"""Exit status of a process whose task took too long: that of :mod:`faulthandler`."""

_ALONE = threading.Lock()
"""A training sets the random streams of its whole process, so tasks in threads take turns."""

_MATERIALS: dict[str, Any] = {}
"""The material of the last task, by its digest."""


def perform(task: Task, content: bytes | None = None) -> bytes | None:
    """Run a task; it raises nothing, so whatever an executor raises is a failure of its own.

    Args:
        task: The task.
        content: The material, if this worker lacks it.

    Returns:
        The packed answer; None if the material is lacking.
    """
    with _ALONE:
        is_worker = task.driver != _here()
        if is_worker:
            torch.set_num_threads(1)
        try:
            if task.digest not in _MATERIALS:
                _MATERIALS.clear()
                _MATERIALS[task.digest] = restored(task.path, content)
            function, arguments = unpack(task.call)
        except Exception as error:  # the driver has written them, so that they can be read
            if isinstance(error, OSError) and content is None:
                return None
            return _refusal(_unfit(error))
        try:
            with _alarm(task.seconds if is_worker else None):
                answer = Answer(value=function(_MATERIALS[task.digest], *arguments))
                return pack(answer, "the result of a task")
        except ImportError as error:
            return _refusal(error if task.same_packages else _unfit(error))
        except (WriteError, DataError) as error:
            return _refusal(_unfit(error))
        except Exception as error:  # a part of it may be user code
            return _refusal(error)
        except SystemExit:  # it would end the worker as if all were well
            return _refusal(RuntimeError("it raised SystemExit"))


def _unfit(error: Exception) -> UnfitWorkerError:
    """What this machine lacks, in words; another one may have it."""
    reason = error.message if isinstance(error, NasError) else error_text(error)
    return UnfitWorkerError(f"{reason} (on {platform.node()})")


def _refusal(error: Exception) -> bytes:
    try:
        return pack(Answer(error=error), "an error")
    except Exception:  # it holds what cannot be sent
        return pack(Answer(error=RuntimeError(f"{type(error).__name__}: {error}")), "an error")


@contextmanager
def _alarm(seconds: float | None) -> Iterator[None]:
    """End this process if the block takes too long, even inside of compiled code."""
    if seconds is None:
        yield
        return
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
