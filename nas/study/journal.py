"""The study's journal file: many entries, one wait for the disk."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from optuna.storages.journal import JournalFileBackend

from nas.study.file_lock import journal_lock, locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedWriter
    from pathlib import Path


class GroupedJournal(JournalFileBackend):
    """Optuna's journal file, able to write a generation of trials with one flush to the disk.

    An entry that a killed process wrote only in part is cut off when the file is opened, since
    nothing could be appended after it.
    """

    def __init__(self, path: Path) -> None:
        self._group: BufferedWriter | None = None
        self._own_lock = journal_lock(path)
        super().__init__(str(path), self._own_lock)  # type: ignore[arg-type]
        with locked(self._own_lock):
            _cut_partial_line(path)

    @contextmanager
    def group(self) -> Iterator[None]:
        """Everything appended in the block reaches the disk at its end, at once."""
        with locked(self._own_lock), open(self._file_path, "ab") as file:
            self._group = file
            try:
                yield
            finally:
                self._group = None
                file.flush()
                os.fsync(file.fileno())

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append entries; inside :meth:`group` they are visible to readers, but not flushed."""
        if self._group is None:
            super().append_logs(logs)
            return
        lines = [json.dumps(log, separators=(",", ":")) + "\n" for log in logs]
        self._group.write("".join(lines).encode())
        self._group.flush()


def _cut_partial_line(path: Path) -> None:
    with path.open("rb+") as file:
        content = file.read()
        end = content.rfind(b"\n") + 1
        if end < len(content):
            file.truncate(end)
