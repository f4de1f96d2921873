"""Folders of images with a table of numbers to predict."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from nas.data.formats.csv_file import read_csv
from nas.data.formats.names import TARGETS
from nas.data.found import Found
from nas.data.images.equal_images import equal_images, equal_notes
from nas.data.images.image_files import check_resolution
from nas.data.images.image_rows import ImageRows, file_member, named_files
from nas.data.images.image_table import read_table
from nas.data.images.layout import SPLITS
from nas.data.images.ranking_split import (
    USUAL_FRACTION,
    check_drawn,
    check_fraction,
    precision_notes,
)
from nas.data.images.reading_notes import place_notes, reading_notes
from nas.data.regression import make_regression_dataset
from nas.errors import DataError
from nas.seeding import generator

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset

SPLIT = "split"
_FORM = (
    f"Write {TARGETS} with a header: a column of file names, a column for each target, and "
    f"perhaps one called {SPLIT!r} with train, val and test."
)


@dataclass(frozen=True)
class _Table:
    """The rows of a table.

    Attributes:
        names: Names of the targets.
        files: Name of each image, relative to the folder.
        values: Values of the targets: (rows, targets).
        splits: Name of each image's split; None if the table has none.
    """

    names: tuple[str, ...]
    files: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    splits: tuple[str, ...] | None


def load_targets(
    path: Path,
    *,
    name: str | None = None,
    seed: int = 0,
    resolution: int | None = None,
    val_fraction: float | None = None,
    flip: bool = False,
) -> Dataset:
    """A regression from images below a folder and the file ``targets.csv`` in it.

    The first column holds the path of the image relative to the folder. A column called ``split``
    holds ``train``, ``val`` or ``test``; every other column is a target. Without the column
    ``split``, the splits are drawn by seed: 20 % of the images for the test split, then 10 % of
    the others, or ``val_fraction`` of them, for the ranking split.

    Args:
        path: The folder, or its ``targets.csv``.
        name: Name of the data set; the folder's by default.
        seed: Seed of the split.
        resolution: Side of the images; the most common shorter side by default, and at most 224.
        val_fraction: Share of the training images that becomes the ranking split, 0.1 by default.
        flip: Whether a mirrored image keeps its targets.

    Raises:
        DataError: The table is malformed, one of its images is missing or unreadable, or no
            ranking split can be drawn with this share.
    """
    check_resolution(resolution)
    check_fraction(val_fraction)
    path = path if path.is_dir() else path.parent
    table = _read(path / TARGETS)
    check_drawn(path, val_fraction, is_given=table.splits is not None)
    files = named_files(path / TARGETS, table.files)
    rows = ImageRows(
        path,
        [file_member(name, file) for name, file in zip(table.files, files, strict=True)],
        [("", "")] * len(files),
        files,
    )
    table_of_images = read_table(rows, resolution)
    contents, images = table_of_images.contents, table_of_images.for_use()
    parts = _parts(path, table, seed, USUAL_FRACTION if val_fraction is None else val_fraction)
    data = make_regression_dataset(
        name or path.name,
        images,
        torch.tensor(table.values),
        parts=parts,
        flip=flip,
        target_names=table.names,
    )
    split_off = SPLITS[1:] if table.splits is None else ()
    equal = equal_images(images)
    notes = (
        *reading_notes(contents, asked=resolution is not None),
        *place_notes(images),
        *equal_notes(equal, table.files, parts),
        *precision_notes(len(data.val), data.task.traits, is_given=not split_off),
    )
    groups = tuple(tuple(table.files[at] for at in group) for group in equal)
    return replace(data, notes=notes, found=Found(contents.sizes, split_off, groups))


def _read(file: Path) -> _Table:
    head, rows = read_csv(file, _FORM)
    targets = [at for at, name in enumerate(head) if at and name.lower() != SPLIT]
    split = next((at for at, name in enumerate(head) if name.lower() == SPLIT), None)
    if not targets:
        raise DataError(f"{str(file)!r} has no column of targets", hint=_FORM)
    return _Table(
        names=tuple(head[at] for at in targets),
        files=tuple(row[0] for row in rows.values()),
        values=tuple(
            tuple(_number(row[at], f"line {line} of {str(file)!r}") for at in targets)
            for line, row in rows.items()
        ),
        splits=None if split is None else tuple(row[split].lower() for row in rows.values()),
    )


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"expected a finite number in {where}, got {text!r}", hint=_FORM)
    return number


def _parts(
    path: Path, table: _Table, seed: int, val_fraction: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Indices of the images to train, rank and test on."""
    if table.splits is None:
        order = torch.randperm(len(table.files), generator=generator(seed, "split"))
        test = round(0.2 * len(order))
        val = test + round(val_fraction * (len(order) - test))
        parts = order[val:], order[test:val], order[:test]
    else:
        unknown = next((split for split in table.splits if split not in SPLITS), None)
        if unknown is not None:
            raise DataError(
                f"{TARGETS} in {str(path)!r} has the split {unknown!r}, expected one of "
                f"{', '.join(SPLITS)}"
            )
        index = torch.tensor([SPLITS.index(split) for split in table.splits])
        parts = tuple((index == at).nonzero().flatten() for at in range(len(SPLITS)))  # type: ignore[assignment]
    for split, indices in zip(SPLITS, parts, strict=True):
        if len(indices) < 2:
            raise DataError(
                f"{str(path)!r} leaves {len(indices)} images for the {split} split, expected two "
                "or more",
                hint="Give at least 25 images.",
            )
    return parts
