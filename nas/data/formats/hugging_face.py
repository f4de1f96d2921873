"""A folder that ``save_to_disk`` of Hugging Face's ``datasets`` has written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nas.data.formats.cell import cell_member
from nas.data.formats.columns import columns_of, row_keys
from nas.data.images.image_folder import dataset_of
from nas.data.images.image_rows import ImageRows
from nas.data.images.image_source import UNSPLIT
from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.data.images.member import Member

_Parts = Mapping[str, Any]
"""A ``datasets.Dataset`` for each split; a single one has the name :data:`UNSPLIT`."""


def load_saved(
    path: Path, *, name: str, seed: int, resolution: int | None, val_fraction: float | None
) -> Dataset:
    """A data set from such a folder; the arguments are those of :func:`nas.data.load_images`.

    Columns are found as in a table (:mod:`nas.data.formats.columns`).

    Raises:
        DataError: ``datasets`` is not installed, the folder is damaged, or columns, classes or
            splits are missing.
    """
    parts = _parts(path)
    columns = columns_of(path, next(iter(parts.values())).column_names)
    labels = [text for rows in parts.values() for text in _texts(rows, columns.label)]
    splits: list[str] | None = None
    if UNSPLIT not in parts:
        splits = [part for part, rows in parts.items() for _ in range(len(rows))]
    elif columns.split:
        splits = _texts(parts[UNSPLIT], columns.split)
    images = ImageRows(
        path,
        _Images(path, parts, columns.image),
        row_keys(path, labels, splits),
        sorted(file for file in path.rglob("*") if file.is_file()),
    )
    data = dataset_of(
        images, name=name, seed=seed, resolution=resolution, val_fraction=val_fraction
    )
    return replace(data, notes=(*columns.notes, *data.notes))


def _parts(path: Path) -> _Parts:
    """The data set of each split.

    Raises:
        DataError: ``datasets`` is not installed, or the folder is damaged.
    """
    try:
        from datasets import DatasetDict, load_from_disk
    except ImportError:
        raise DataError(
            f"reading {str(path)!r}, a folder of Hugging Face, needs the package datasets",
            hint="Install it with pip install datasets, or write the data with to_parquet.",
        ) from None
    try:
        loaded = load_from_disk(str(path))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise DataError(
            f"cannot read {str(path)!r} as a folder of Hugging Face: {error}",
            hint="Write it again with save_to_disk.",
        ) from None
    return loaded if isinstance(loaded, DatasetDict) else {UNSPLIT: loaded}


def _texts(rows: Any, column: str) -> list[str]:
    """The values of a column as texts, those of classes by name; empty for missing ones."""
    names = getattr(rows.features[column], "names", None)
    cells = list(rows[column])
    if names:
        return [names[cell] if cell is not None and cell >= 0 else "" for cell in cells]
    return ["" if cell is None else str(cell) for cell in cells]


@dataclass(frozen=True)
class _Images:
    """The images of all splits, one after another, as they are stored."""

    path: Path
    parts: _Parts
    column: str

    def __iter__(self) -> Iterator[Member]:
        from datasets import Image

        for part, rows in self.parts.items():
            stored = rows.select_columns([self.column])
            if isinstance(rows.features[self.column], Image):
                stored = stored.cast_column(self.column, Image(decode=False))
            for number, row in enumerate(stored):
                name = f"{part} row {number}".strip()
                yield cell_member(self.path, name, row[self.column])
