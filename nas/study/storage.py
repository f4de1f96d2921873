"""Where a study is kept."""

from __future__ import annotations

import re
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage

from nas.errors import ConfigError, StudyError
from nas.study.journal import GroupedJournal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

JOURNAL_SUFFIXES = (".journal", ".log")

StorageLike = str | Path | BaseStorage


def open_storage(location: StorageLike | None) -> BaseStorage:
    """An Optuna storage: a URL, a journal file, a storage that is open, or memory for None.

    Raises:
        ConfigError: The text is neither a URL nor the path of a journal file.
        StudyError: The storage cannot be opened.
    """
    if location is None:
        return InMemoryStorage()
    if isinstance(location, BaseStorage):
        return location
    text = str(location)
    if "://" not in text and Path(text).suffix not in JOURNAL_SUFFIXES:
        raise ConfigError(
            f"cannot tell what kind of storage {text!r} is",
            hint="Give a URL such as sqlite:///runs.db, or a file that ends in .journal.",
        )
    try:
        if "://" in text:
            return optuna.storages.get_storage(text)
        Path(text).parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(GroupedJournal(Path(text)))
    except ImportError as error:
        raise StudyError(
            f"cannot open the storage {describe(location)!r}: the driver of its database is not "
            f"installed: {error.__cause__ or error}",
            hint="For PostgreSQL, `pip install 'psycopg[binary]'`.",
        ) from error
    except StudyError:
        raise
    except Exception as error:  # whatever the driver of the database raises
        raise StudyError(
            f"cannot open the storage {describe(location)!r}: "
            f"{type(error).__name__}: {_first_line(error)}",
            hint="Check that the path or the server exists and can be written.",
        ) from error


def describe(location: StorageLike | None) -> str:
    """A storage for people to read, without the password of a URL."""
    if location is None:
        return "memory"
    if isinstance(location, BaseStorage):
        return type(location).__name__
    return re.sub(r"(://[^:/@]*):[^/]*@", r"\1:***@", str(location))


def grouped(storage: BaseStorage) -> AbstractContextManager[None]:
    """A block whose writes reach the disk together, where the storage can do that."""
    backend = getattr(storage, "_backend", None)
    return backend.group() if isinstance(backend, GroupedJournal) else nullcontext()


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna from writing a line to stderr for each study and trial."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")
