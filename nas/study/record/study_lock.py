"""A lock that admits one process at a time to a study."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import StudyError
from nas.study.record.file_lock import held
from nas.study.record.storage import database_of, journal_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from optuna.storages import BaseStorage
    from sqlalchemy import Engine


@contextmanager
def study_in_use(storage: BaseStorage, name: str, where: str) -> Iterator[None]:
    """Keep other processes from searching in a study while the block runs.

    The lock works in journals, SQLite and PostgreSQL. In other storages, such as a proxy, the
    record detects the trials of another process when it adds its own. The lock ends with the
    process that holds it.

    Args:
        storage: The open storage; the study may be missing.
        name: Name of the study.
        where: The study, for the message.

    Raises:
        StudyError: Another process is using the study.
    """
    with _lock(storage, name) as taken:
        if not taken:
            raise StudyError(
                f"{where} is in use by another process",
                hint="Wait for it and repeat the command, or choose another --study-name.",
            )
        yield


def _lock(storage: BaseStorage, name: str) -> AbstractContextManager[bool]:
    digest = blake2b(name.encode(), digest_size=7)
    journal, database = journal_of(storage), database_of(storage)
    file: str | None = None
    if journal is not None:
        file = journal.path
    elif database is not None:
        engine = database.engine
        if engine.dialect.name == "postgresql":
            return _advisory(engine, int.from_bytes(digest.digest()))
        if engine.dialect.name == "sqlite":
            file = engine.url.database
    if not file or file == ":memory:":
        return nullcontext(True)
    return held(Path(f"{file}.{digest.hexdigest()[:8]}.lock"))


@contextmanager
def _advisory(engine: Engine, key: int) -> Iterator[bool]:
    """A lock in the database, which lasts as long as its connection."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()  # so that closing it ends the session on the server
    try:
        yield bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))
    finally:
        with suppress(SQLAlchemyError):  # the server is gone
            connection.close()
