"""One task, as a worker runs it."""

from __future__ import annotations

import faulthandler
import os
import platform
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from nas.errors import StudyError
from nas.execution.material import restored
from nas.execution.packing import pack, unpack

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
    """

    call: bytes
    digest: str
    path: Path
    seconds: float | None = None
    driver: tuple[str, int] = field(default_factory=_here)


@dataclass(frozen=True)
class Answer:
    """The value of a call, or the error that it raised, and the process it ran in."""

    value: Any = None
    error: Exception | None = None
    worker: tuple[str, int] = field(default_factory=_here)


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
        except FileNotFoundError:
            return None
        except Exception as error:
            return _refusal(
                StudyError(
                    "a worker cannot read the data and the hypernetwork: "
                    f"{type(error).__name__}: {error}",
                    hint="Give it more memory, in Python Workers(4, memory=8 * 10**9), or repeat "
                    "the command without workers; it continues from the record.",
                )
            )
        try:
            with _alarm(task.seconds if is_worker else None):
                function, arguments = unpack(task.call)
                answer = Answer(value=function(_MATERIALS[task.digest], *arguments))
                return pack(answer, "the result of a task")
        except Exception as error:  # a part of it may be user code
            return _refusal(error)
        except SystemExit:  # it would end the worker as if all were well
            return _refusal(RuntimeError("it raised SystemExit"))


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
