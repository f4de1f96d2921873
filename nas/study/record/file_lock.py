"""A lock on a file that the operating system releases when its holder dies."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from optuna.storages.journal import JournalFileOpenLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform != "win32":
    import fcntl


class Lock(Protocol):
    """What a journal file needs of its lock."""

    def acquire(self) -> bool:
        """Wait for the lock and take it."""

    def release(self) -> None:
        """Give the lock back."""


class FileLock:
    """An exclusive lock held through an open file.

    Optuna's own locks are files whose presence locks: one left behind by a killed process stops
    the next one for half a minute. This one cannot be left behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, *, blocking: bool = True) -> bool:
        """Take the lock; without ``blocking``, False if another process holds it."""
        descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if blocking else fcntl.LOCK_NB))
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is None:
            raise RuntimeError("the lock is not held")
        os.close(self._descriptor)
        self._descriptor = None


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
    if sys.platform == "win32":
        yield True
        return
    lock = FileLock(path)
    taken = lock.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            lock.release()
