"""Storages of studies."""

from __future__ import annotations

import re
import time
import warnings
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import (
    BaseStorage,
    GrpcStorageProxy,
    InMemoryStorage,
    JournalStorage,
    RDBStorage,
    get_storage,
)

from nas.errors import ConfigError, StudyError
from nas.study.record.journal import GroupedJournal
from nas.study.record.optuna_internals import forget, journal_backend, uncached
from nas.study.record.transaction import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

JOURNAL_SUFFIXES = (".journal", ".log")

PROXY = "grpc://"
"""The beginning of the URL of a proxy of a database: ``grpc://host:port``."""

_PROXY_PORT = 13000
"""The usual port of Optuna's proxy."""

_ANSWER = 10.0
"""Seconds within which a proxy must answer for the first time."""

_DRIVERS = ("sqlalchemy", "grpc")
"""Packages that raise their own errors when a storage does not answer."""

_PATIENCE = 60.0
"""Seconds to wait for a database that another process has locked or is creating."""

_BEING_MADE = ("already exists", "unique constraint", "duplicate", "locked")
"""Parts of the error messages when two processes create the tables of a database at once."""

StorageLike = str | Path | BaseStorage


def open_storage(location: StorageLike | None) -> BaseStorage:
    """An Optuna storage from a URL or a journal file; memory for None, an open one as it is.

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
            f"unknown kind of storage {text!r}",
            hint="Give a URL such as sqlite:///runs.db, or a file that ends in .journal.",
        )
    try:
        if text.startswith(PROXY):
            return _open_proxy(text)
        if "://" in text:
            return _open_database(text)
        Path(text).parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(GroupedJournal(Path(text)))
    except ImportError as error:
        raise StudyError(
            f"cannot open the storage {describe(location)!r}: the driver of its database is not "
            f"installed: {error.__cause__ or error}",
            hint="For PostgreSQL, `pip install 'psycopg[binary]'`; for grpc://, `pip install "
            "'ghn-nas[grpc]'`.",
        ) from error
    except StudyError:
        raise
    except Exception as error:  # drivers of databases raise their own exceptions
        raise StudyError(
            f"cannot open the storage {describe(location)!r}: {_named(error)}",
            hint="Check that the path or the server exists and can be written.",
        ) from error


def describe(location: StorageLike | None) -> str:
    """A storage as text for messages, without the password of a URL."""
    if location is None:
        return "memory"
    if isinstance(location, BaseStorage):
        return type(location).__name__
    return re.sub(r"(://[^:/@]*):[^/]*@", r"\1:***@", str(location))


@contextmanager
def grouped(storage: BaseStorage) -> Iterator[None]:
    """A block whose writes reach the disk together, or not at all if it raises.

    This holds where :func:`writes_groups`; other storages write each entry at once.
    """
    try:
        with _group(storage):
            yield
    except BaseException:
        forget(storage)
        raise


def writes_groups(storage: BaseStorage) -> bool:
    """Whether a storage is a journal of :func:`open_storage`, a database, or memory."""
    if isinstance(storage, InMemoryStorage):
        return True
    return journal_of(storage) is not None or database_of(storage) is not None


@contextmanager
def in_reach(location: StorageLike | None) -> Iterator[None]:
    """A block that uses a storage.

    Raises:
        StudyError: The storage failed in the block: it is gone, full, or was changed.
    """
    try:
        yield
    except Exception as error:
        if not (isinstance(error, StorageInternalError) or _is_from(error, *_DRIVERS)):
            raise
        cause = error.__cause__ if isinstance(error, StorageInternalError) else None
        raise StudyError(
            f"the storage {describe(location)!r} does not answer: {_named(cause or error)}",
            hint="Repeat the command when it is back; it continues from the record.",
        ) from error


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna from writing a line to stderr for each study and trial."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.ERROR))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def database_of(storage: BaseStorage) -> RDBStorage | None:
    """The database behind a storage, if there is one."""
    inner = uncached(storage)
    return inner if isinstance(inner, RDBStorage) else None


def journal_of(storage: BaseStorage) -> GroupedJournal | None:
    """The journal file behind a storage, if it writes groups."""
    inner = journal_backend(storage)
    return inner if isinstance(inner, GroupedJournal) else None


def _open_database(url: str) -> BaseStorage:
    """Open a database; retry while another process creates its tables."""
    settings: dict[str, Any] = {}
    if url.startswith("sqlite"):
        settings["connect_args"] = {"timeout": _PATIENCE}
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return get_storage(RDBStorage(url, engine_kwargs=settings))
        except Exception as error:
            being_made = any(sign in str(error).lower() for sign in _BEING_MADE)
            if not being_made or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _open_proxy(url: str) -> BaseStorage:
    """Connect to a proxy that Optuna's ``run_grpc_proxy_server`` runs.

    Raises:
        ConnectionError: No server answers.
    """
    place = urlsplit(url)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        storage = GrpcStorageProxy(
            host=place.hostname or "localhost", port=place.port or _PROXY_PORT
        )
    storage.wait_server_ready(timeout=_ANSWER)
    return storage


def _group(storage: BaseStorage) -> AbstractContextManager[None]:
    journal, database = journal_of(storage), database_of(storage)
    if journal is not None:
        return journal.group()
    return nullcontext() if database is None else transaction(database)


def _is_from(error: BaseException, *packages: str) -> bool:
    return any(base.__module__.partition(".")[0] in packages for base in type(error).__mro__)


def _named(error: BaseException) -> str:
    name, text = type(error).__name__, str(error)
    if _is_from(error, "grpc"):
        call: Any = error
        name, text = call.code().name, call.details()
    return f"{name}: {next(iter(text.splitlines()), '')}"
