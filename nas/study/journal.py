"""The study's journal file: many entries, one wait for the disk."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from optuna.storages.journal import JournalFileBackend

from nas.errors import StudyError
from nas.study.file_lock import journal_lock, locked

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

_ENTRY = b'{"op_code":'
"""How every line begins."""


class GroupedJournal(JournalFileBackend):
    """Optuna's journal file, able to write a generation of trials in one piece.

    An entry that a killed process wrote only in part is cut off when the file is opened, since
    nothing could be appended after it.

    Raises:
        StudyError: Something else than entries is in the file; also when it is read.
    """

    def __init__(self, path: Path) -> None:
        self._group: list[bytes] | None = None
        self._group_start: int | None = None
        self._own_lock = journal_lock(path)
        super().__init__(str(path), self._own_lock)  # type: ignore[arg-type]
        with locked(self._own_lock):
            _cut_partial_line(path)

    @contextmanager
    def group(self) -> Iterator[None]:
        """Everything appended in the block is written at its end, and is then on the disk."""
        with locked(self._own_lock):
            self._group, self._group_start = [], None
            try:
                yield
            finally:
                self._write(self._group)
                self._group = None

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append entries; inside :meth:`group` they are kept until its end."""
        if self._group is None:
            super().append_logs(logs)
        else:
            self._group += [f"{json.dumps(log, separators=(',', ':'))}\n".encode() for log in logs]

    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        """The entries from that number on, those of an open group included."""
        if self._group is None:
            yield from self._read_file(log_number_from)
            return
        if self._group_start is None:
            written = list(self._read_file(log_number_from))
            self._group_start = log_number_from + len(written)
            yield from written
        yield from map(json.loads, self._group[max(0, log_number_from - self._group_start) :])

    def _read_file(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        try:
            yield from super().read_logs(log_number_from)
        except ValueError as error:  # JSON or its characters
            raise _damaged(self._file_path, str(error)) from None

    def _write(self, lines: list[bytes]) -> None:
        with open(self._file_path, "ab") as file:
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
            if self._group_start is not None:  # where the next read begins
                self._log_number_offset[self._group_start + len(lines)] = file.tell()


def _cut_partial_line(path: Path) -> None:
    with path.open("rb+") as file:
        content = file.read()
        end = content.rfind(b"\n") + 1
        part = content[end:]
        if not part.startswith(_ENTRY[: len(part)]):
            raise _damaged(path, "it does not end with an entry")
        if end:
            _check_entry(content[content.rfind(b"\n", 0, end - 1) + 1 : end], path)
        if part:
            file.truncate(end)


def _check_entry(line: bytes, path: Path) -> None:
    try:
        whole = "op_code" in json.loads(line)
    except (ValueError, TypeError):  # JSON, its characters, or a number
        whole = False
    if not whole:
        raise _damaged(path, "its last whole line is no entry")


def _damaged(path: Path | str, why: str) -> StudyError:
    return StudyError(
        f"the journal {str(path)!r} is damaged: {why}",
        hint="Restore it from a copy, or move it away to start anew.",
    )
