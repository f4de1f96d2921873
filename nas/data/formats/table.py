"""A table of images and their classes: CSV, or Parquet with paths or with bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nas.data.formats.columns import FORM, columns_of, row_keys
from nas.data.formats.csv_file import read_csv
from nas.data.formats.names import CSV
from nas.data.formats.parquet import ParquetImages, opened, texts
from nas.data.images.image_folder import dataset_of
from nas.data.images.image_rows import ImageRows, file_member, named_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.data.formats.columns import Columns


def load_table(
    path: Path, *, name: str, seed: int, resolution: int | None, val_fraction: float | None
) -> Dataset:
    """A data set from a table; the arguments are those of :func:`nas.data.load_images`.

    The table has a column of images (``image``, ``file``, ``path``, ``filename``), one of classes
    (``label``, ``class``, ``target``), and perhaps one of splits (``split``). Images are paths
    relative to the table's folder or, in Parquet, also bytes or Hugging Face's records.

    Raises:
        DataError: Columns, files, classes or splits are missing or malformed.
    """
    columns, rows = (_csv if path.suffix.lower() in CSV else _parquet)(path)
    data = dataset_of(rows, name=name, seed=seed, resolution=resolution, val_fraction=val_fraction)
    return replace(data, notes=(*columns.notes, *data.notes))


def _csv(path: Path) -> tuple[Columns, ImageRows]:
    head, lines = read_csv(path, FORM)
    columns = columns_of(path, head)

    def column(name: str) -> list[str]:
        at = head.index(name)
        return [cells[at] for cells in lines.values()]

    splits = column(columns.split) if columns.split else None
    keys = row_keys(path, column(columns.label), splits)
    return columns, _files(path, column(columns.image), keys)


def _parquet(path: Path) -> tuple[Columns, ImageRows]:
    columns = columns_of(path, opened(path).schema_arrow.names)
    splits = texts(path, columns.split) if columns.split else None
    keys = row_keys(path, texts(path, columns.label), splits)
    images = ParquetImages(path, columns.image)
    if images.holds_paths():
        return columns, _files(path, texts(path, columns.image), keys)
    return columns, ImageRows(path, images, keys, [path])


def _files(path: Path, names: Sequence[str], keys: Sequence[tuple[str, str]]) -> ImageRows:
    """Images in files that a table names."""
    files = named_files(path, names)
    images = [file_member(name, file) for name, file in zip(names, files, strict=True)]
    return ImageRows(path, images, keys, [path, *files])
