"""Locks of a study's files, which cannot be left behind by a killed process."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from optuna.storages.journal import JournalFileOpenLock

from nas.files import locked as file_locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Lock(Protocol):
    """What a journal file needs of its lock."""

    def acquire(self) -> bool:
        """Wait for the lock and take it."""

    def release(self) -> None:
        """Give the lock back."""


class FileLock:
    """:func:`nas.files.locked` in two calls, as Optuna wants it.

    Optuna's own locks are files whose presence locks: one left behind by a killed process stops
    the next one for half a minute.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: ExitStack | None = None

    def acquire(self) -> bool:
        """Wait for the lock and take it."""
        with ExitStack() as stack:
            stack.enter_context(file_locked(self._path, wait=True, create=True))
            self._held = stack.pop_all()
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._held is None:
            raise RuntimeError("the lock is not held")
        held, self._held = self._held, None
        held.close()


def journal_lock(path: Path) -> Lock:
    """The lock for a journal file that suits the platform."""
    if sys.platform == "win32":
        return JournalFileOpenLock(str(path))
    return FileLock(path.with_name(path.name + ".lock"))


@contextmanager
def locked(lock: Lock) -> Iterator[None]:
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
            stack.enter_context(file_locked(path, create=True))
            taken = True
        except BlockingIOError:
            taken = False
        yield taken
