"""The study's journal file, written in groups of entries: one wait for the disk per group."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from optuna.storages.journal import JournalFileBackend

from nas.errors import StudyError
from nas.study.record.file_lock import FileLock, locked

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    Entry = dict[str, Any]

_ENTRY = b'{"op_code":'
"""The beginning of every line."""

_HEADER = _ENTRY + b'2,"worker_id":"","study_id":-1,'
"""The beginning of a group's header: for Optuna, an attribute of a study that does not exist."""


class GroupedJournal(JournalFileBackend):
    """Optuna's journal file, written in groups of entries that are read whole or not at all.

    A header before each group holds the number of its lines and their digest. Opening the file
    cuts off what follows the last whole group: one that a killed process wrote only in part, or
    garbage. Entries without a header are valid: another program may have written them.

    Attributes:
        cut_off: Number of bytes that were cut off when the file was opened.

    Raises:
        StudyError: The file begins with a line that is no entry, or such a line or a changed group
            stands before whole ones. Reading the journal raises this for any of them.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._group: list[bytes] | None = None
        self._group_start: int | None = None
        self._read = (0, 0)  # entries and bytes that were read last
        self._own_lock = FileLock(path.with_name(path.name + ".lock"))
        super().__init__(self._path, self._own_lock)  # type: ignore[arg-type]
        with locked(self._own_lock):
            self.cut_off = _cut_unfinished(path)

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    @contextmanager
    def group(self) -> Iterator[None]:
        """A block whose entries are all written to the disk at its end.

        Nothing is written if the block raises or if writing fails.

        Raises:
            StudyError: The file cannot be written.
        """
        with locked(self._own_lock):
            self._group, self._group_start = [], None
            try:
                yield
                if self._group:
                    self._write(self._group[1:])
            finally:
                self._group = self._group_start = None

    def append_logs(self, logs: list[Entry]) -> None:
        """Append entries; inside :meth:`group` they are kept until its end."""
        lines = [f"{json.dumps(log, separators=(',', ':'))}\n".encode() for log in logs]
        if self._group is None:
            with locked(self._own_lock):
                self._write(lines)
        else:
            self._group += lines if self._group else [_header([]), *lines]

    def read_logs(self, log_number_from: int) -> Generator[Entry, None, None]:
        """The entries from this number on, including those of an open group."""
        if self._group is None:
            yield from self._read_file(log_number_from)
            return
        if self._group_start is None:
            written = self._read_file(log_number_from)
            self._group_start = log_number_from + len(written)
            yield from written
        yield from map(json.loads, self._group[max(0, log_number_from - self._group_start) :])

    def _read_file(self, start: int) -> list[Entry]:
        number, offset = self._read if start >= self._read[0] else (0, 0)
        with open(self._path, "rb") as file:
            file.seek(offset)
            entries, size = _whole_groups(file.read(), self._path)
        self._read = (number + len(entries), offset + size)
        return entries[start - number :]

    def _write(self, lines: list[bytes]) -> None:
        content = memoryview(b"".join([_header(lines), *lines]))
        try:
            with open(self._path, "ab", buffering=0) as file:
                before = file.tell()
                try:
                    while content:
                        content = content[file.write(content) :]
                    os.fsync(file.fileno())
                except BaseException:
                    file.truncate(before)
                    raise
                if self._group_start is not None:  # the group was read before it was written
                    self._read = (self._group_start + 1 + len(lines), file.tell())
        except OSError as error:
            raise StudyError(
                f"cannot write the journal {self._path!r}: {error.strerror}",
                hint="Make room for it and repeat the command, which then continues.",
            ) from error


def _header(lines: list[bytes]) -> bytes:
    """The line before a group, with a digest of its own."""
    text = f"{len(lines)} {_digest(b''.join(lines))}"
    group = f'"user_attr":{{}},"group":"{text} {_digest(text.encode())}"}}\n'
    return _HEADER + group.encode()


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=8).hexdigest()


def _size(header: bytes, path: Path | str) -> int:
    """Number of lines that a header states."""
    try:
        text, _, digest = json.loads(header)["group"].rpartition(" ")
        if digest == _digest(text.encode()):
            return int(text.split()[0])
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise _damaged(path, "the header of a group was changed")


def _groups(content: bytes, path: Path | str) -> Iterator[tuple[list[Entry], int]]:
    """The entries of complete groups, and the number of bytes of each; ends before another one."""
    lines = _lines(content)
    row = 0
    while row < len(lines):
        size = 0
        if lines[row].startswith(_HEADER):
            size = _size(lines[row], path)
            group = lines[row + 1 : row + 1 + size]
            if len(group) < size:
                break
            if _header(group) != lines[row]:
                raise _damaged(path, f"entry {row + 2} or one after it was changed")
        whole = lines[row : row + 1 + size]
        yield [_entry(line, path) for line in whole], sum(map(len, whole))
        row += 1 + size


def _lines(content: bytes) -> list[bytes]:
    return [line + b"\n" for line in content.split(b"\n")[:-1]]


def _whole_groups(content: bytes, path: Path | str) -> tuple[list[Entry], int]:
    """The entries of complete groups, and the number of their bytes."""
    entries: list[Entry] = []
    size = 0
    for group, length in _groups(content, path):
        entries += group
        size += length
    return entries, size


def _entry(line: bytes, path: Path | str) -> Entry:
    try:
        entry: Entry = json.loads(line)
        is_header = "group" in entry or entry.get("study_id") == -1
        if isinstance(entry["op_code"], int) and is_header == line.startswith(_HEADER):
            return entry
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise _damaged(path, f"{line[:40]!r} is no entry")


def _cut_unfinished(path: Path) -> int:
    """Cut off what follows the last whole group, and return the number of its bytes.

    Raises:
        StudyError: No whole group stands before damage, or some stand after it.
    """
    with path.open("rb+") as file:
        content = file.read()
        end, fault = 0, None
        try:
            for _, size in _groups(content, path):
                end += size
        except StudyError as damage:
            fault = damage
        rest = content[end:]
        last = rest[rest.rfind(b"\n") + 1 :]
        if fault is None and not last.startswith(_ENTRY[: len(last)]):
            fault = _damaged(path, "it does not end with an entry")
        if fault is not None and (end == 0 or _holds_whole(rest, path)):
            raise fault
        if rest:
            file.truncate(end)
    return len(rest)


def _holds_whole(rest: bytes, path: Path) -> bool:
    """Whether a whole group or an entry of another program follows a damaged one."""
    lines = _lines(rest)
    is_group = bool(lines) and lines[0].startswith(_HEADER)
    for row in range(1, len(lines)):
        if is_group and not lines[row].startswith(_HEADER):
            continue  # perhaps of the damaged group
        try:
            if next(_groups(b"".join(lines[row:]), path), None) is not None:
                return True
        except StudyError:
            continue
    return False


def _damaged(path: Path | str, why: str) -> StudyError:
    return StudyError(
        f"the journal {str(path)!r} is damaged: {why}",
        hint="Restore it from a copy, or move it away to start anew.",
    )
