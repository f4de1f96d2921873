"""Locks of a study's files that end with their process, even if it is killed."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from nas.files import locked as file_locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class FileLock:
    """:func:`nas.files.locked` in two calls, the form that Optuna takes.

    In Optuna's own locks the presence of a file is the lock: a file left by a killed process
    stops the next process for half a minute.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: ExitStack | None = None

    def acquire(self) -> bool:
        """Wait for the lock and take it."""
        with ExitStack() as stack:
            stack.enter_context(file_locked(self._path, wait=True))
            self._held = stack.pop_all()
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._held is None:
            raise RuntimeError("the lock is not held")
        held, self._held = self._held, None
        held.close()


@contextmanager
def locked(lock: FileLock) -> Iterator[None]:
    """Hold a lock while the block runs."""
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the lock of a file while the block runs; False if another process has it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(file_locked(path))
            taken = True
        except BlockingIOError:
            taken = False
        yield taken
