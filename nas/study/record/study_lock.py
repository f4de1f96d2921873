"""One process at a time works on a study."""

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

    It is locked in journals, SQLite and PostgreSQL; elsewhere the record notices what another
    process has added when it adds trials itself. The lock dies with its holder.

    Args:
        storage: Open; the study need not be there yet.
        name: Of the study.
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
    """A lock of the database's own, which lasts as long as a connection."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()  # closing it then ends the session of the server
    try:
        yield bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))
    finally:
        with suppress(SQLAlchemyError):  # the server is gone
            connection.close()
