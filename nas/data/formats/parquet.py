"""A Parquet file with a row for each image."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nas.data.formats.cell import cell_member
from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow.parquet

    from nas.data.images.member import Member

_AT_ONCE = 64
"""Rows whose images are in memory at once."""


def opened(path: Path) -> pyarrow.parquet.ParquetFile:
    """An open Parquet file.

    Raises:
        DataError: pyarrow is not installed, or the file is damaged.
    """
    try:
        from pyarrow import parquet
    except ImportError:
        raise DataError(
            f"reading {str(path)!r} needs the package pyarrow",
            hint="Install it with pip install pyarrow, or write the table as CSV.",
        ) from None
    with _undamaged(path):
        return parquet.ParquetFile(path)


@contextmanager
def _undamaged(path: Path) -> Iterator[None]:
    """Turn the errors of a damaged file into a :class:`DataError`."""
    from pyarrow import ArrowException

    try:
        yield
    except (ArrowException, OSError, ValueError) as error:
        raise DataError(
            f"cannot read {str(path)!r} as Parquet: {error}", hint="Write it again."
        ) from None


def texts(path: Path, column: str) -> list[str]:
    """The values of a column as texts; empty for missing ones."""
    with _undamaged(path):
        cells = opened(path).read([column]).column(column).to_pylist()
    names = _class_names(path, column)
    if names and all(isinstance(cell, int) and 0 <= cell < len(names) for cell in cells):
        return [names[cell] for cell in cells]
    return ["" if cell is None else str(cell).strip() for cell in cells]


def _class_names(path: Path, column: str) -> list[str]:
    """Names of the classes that Hugging Face's ``datasets`` writes beside the columns."""
    stored = (opened(path).schema_arrow.metadata or {}).get(b"huggingface", b"{}")
    try:
        names = json.loads(stored)["info"]["features"][column]["names"]
    except (ValueError, LookupError, TypeError):
        return []
    return [str(name) for name in names]


@dataclass(frozen=True)
class ParquetImages:
    """The images of a column, read in groups of rows on each iteration.

    Attributes:
        path: The file.
        column: Name of the column.
    """

    path: Path
    column: str

    def __iter__(self) -> Iterator[Member]:
        row = 0
        batches = opened(self.path).iter_batches(_AT_ONCE, columns=[self.column])
        while True:
            with _undamaged(self.path):
                batch = next(batches, None)
            if batch is None:
                return
            for cell in batch.column(0).to_pylist():
                yield cell_member(self.path.parent, f"row {row}", cell)
                row += 1

    def holds_paths(self) -> bool:
        """Whether the column holds paths of files, and not their content."""
        from pyarrow import types

        kind: Any = opened(self.path).schema_arrow.field(self.column).type
        kind = kind.value_type if types.is_dictionary(kind) else kind
        return bool(types.is_string(kind) or types.is_large_string(kind))
