"""Folders of images with a table of numbers to predict."""

from __future__ import annotations

import csv
import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from nas.data.found import FolderContents
from nas.data.images.folder import folder_members
from nas.data.images.image_files import LARGEST, check_resolution, usual_side
from nas.data.images.layout import SPLITS
from nas.data.images.picture import header, square
from nas.data.images.ranking_split import (
    USUAL_FRACTION,
    check_drawn,
    check_fraction,
    precision_notes,
)
from nas.data.images.reading_notes import broken_images, shape_notes, sizes_of
from nas.data.regression import make_regression_dataset
from nas.errors import BrokenImageError, DataError
from nas.seeding import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.data.images.picture import Header

TABLE = "targets.csv"
SPLIT = "split"
_FORM = (
    f"Write {TABLE} with a header: a column of file names, a column for each target, and "
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
        path: The folder.
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
    table = _read(path / TABLE)
    check_drawn(path, val_fraction, is_given=table.splits is not None)
    images = _images(path, table, resolution)
    data = make_regression_dataset(
        name or path.name,
        torch.from_numpy(images.pixels),
        torch.tensor(table.values),
        parts=_parts(path, table, seed, USUAL_FRACTION if val_fraction is None else val_fraction),
        flip=flip,
        target_names=table.names,
    )
    split_off = SPLITS[1:] if table.splits is None else ()
    precision = precision_notes(len(data.val), data.task.traits, is_given=not split_off)
    notes = (*images.notes, *precision)
    return replace(data, notes=notes, found=FolderContents(images.sizes, split_off))


def _read(file: Path) -> _Table:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            head, *rows = csv.reader(lines)
    except (OSError, ValueError, csv.Error) as error:  # no rows, no UTF-8, no CSV
        raise DataError(f"cannot read {str(file)!r}: {error}", hint=_FORM) from None
    targets = [at for at, name in enumerate(head) if at and name.strip().lower() != SPLIT]
    split = next((at for at, name in enumerate(head) if name.strip().lower() == SPLIT), None)
    if not targets:
        raise DataError(f"{str(file)!r} has no column of targets", hint=_FORM)
    for number, row in enumerate(rows, 2):
        if len(row) != len(head):
            raise DataError(
                f"line {number} of {str(file)!r} has {len(row)} cells, expected {len(head)}",
                hint=_FORM,
            )
    return _Table(
        names=tuple(head[at].strip() for at in targets),
        files=tuple(row[0].strip() for row in rows),
        values=tuple(
            tuple(_number(row[at], f"line {number} of {str(file)!r}") for at in targets)
            for number, row in enumerate(rows, 2)
        ),
        splits=None if split is None else tuple(row[split].strip().lower() for row in rows),
    )


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"expected a finite number in {where}, got {text!r}", hint=_FORM)
    return number


class _Images(NamedTuple):
    """Images in the order of a table.

    Attributes:
        pixels: (n, C, S, S) bytes.
        sizes: Number of images by width and height of the files.
        notes: Notes on their shapes.
    """

    pixels: np.ndarray
    sizes: Mapping[str, int]
    notes: Sequence[str]


def _images(path: Path, table: _Table, resolution: int | None) -> _Images:
    """Decode the images of a table.

    Raises:
        DataError: Images are missing or unreadable.
    """
    found = {str(member.name): member for member in folder_members(path, Counter())}
    missing = next((file for file in table.files if file not in found), None)
    if missing is not None:
        raise DataError(
            f"{TABLE} names the image {missing!r}, which is not below {str(path)!r}",
            hint="Give names relative to the folder, with / between folders.",
        )
    members = [found[file] for file in table.files]
    broken: dict[str, BrokenImageError] = {}
    headers: list[Header] = []
    for member in members:
        try:
            headers.append(header(path, member))
        except BrokenImageError as error:
            broken[error.name] = error
    if not headers:
        raise broken_images(path, list(broken.values()))
    usual = usual_side(headers)
    side = resolution or min(usual, LARGEST)
    mode = "L" if all(head.grey for head in headers) else "RGB"
    bits = max(head.bits for head in headers)
    images = np.empty((len(members), len(mode), side, side), dtype=np.uint8)
    for place, member in enumerate(members):
        try:
            images[place] = square(path, member, side, mode, bits)
        except BrokenImageError as error:
            broken[error.name] = error
    if broken:
        raise broken_images(path, list(broken.values()))
    sizes = sizes_of(headers)
    return _Images(images, sizes, shape_notes(sizes, side, usual, asked=resolution is not None))


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
                f"{TABLE} in {str(path)!r} has the split {unknown!r}, expected one of "
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
