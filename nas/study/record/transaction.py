"""Several writes to a database as one transaction."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from optuna.storages import RDBStorage
    from sqlalchemy.orm import Session


@contextmanager
def transaction(storage: RDBStorage) -> Iterator[None]:
    """A block whose writes are all in the database at its end, or none if it raises.

    Optuna commits each write in its own session; in the block, this thread's writes share one.
    """
    from sqlalchemy.orm import Session

    usual: Any = storage.scoped_session
    with Session(storage.engine) as session:
        shared = _SharedSession(session, usual)
        storage.scoped_session = shared  # type: ignore[assignment]
        try:
            yield
        finally:
            storage.scoped_session = usual
        shared.check()
        session.commit()


class _SharedSession:
    """Acts as a source of sessions and as a session; only :func:`transaction` commits.

    Args:
        session: The session that all writes share.
        usual: Source of the sessions of other threads.
    """

    def __init__(self, session: Session, usual: Callable[[], Any]) -> None:
        self._session = session
        self._usual = usual
        self._thread = get_ident()
        self._failure: BaseException | None = None

    def __call__(self) -> Any:
        if get_ident() != self._thread:
            return self._usual()
        self.check()
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def check(self) -> None:
        """Raise after a write has failed, since the earlier writes are lost."""
        if self._failure is not None:
            raise self._failure

    def commit(self) -> None:
        """Send the writes, but leave them to the transaction."""
        self._session.flush()

    def rollback(self) -> None:
        """Undo everything written in the transaction so far."""
        self._failure = sys.exception()
        self._session.rollback()

    def close(self) -> None:
        """Do nothing: other writes share the session."""
