"""Folders and archives of images, one folder for each class."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from nas.data.dataset import Dataset, from_images, stratified
from nas.data.found import FolderContents
from nas.data.images.balance import balance_notes
from nas.data.images.image_files import check_resolution
from nas.data.images.image_table import read_table
from nas.data.images.layout import SPLITS
from nas.data.images.member import skipped_files
from nas.data.images.ranking_split import (
    USUAL_FRACTION,
    check_classes,
    check_drawn,
    check_fraction,
    precision_notes,
)
from nas.data.images.reading_notes import shape_notes
from nas.errors import DataError
from nas.seeding import generator

if TYPE_CHECKING:
    from nas.data.images.image_files import Contents


def load_images(
    path: str | Path,
    *,
    name: str | None = None,
    seed: int = 0,
    resolution: int | None = None,
    val_fraction: float | None = None,
    flip: bool = True,
) -> Dataset:
    """A data set from ``train/<class>/*`` with optional ``val`` and ``test``, or ``<class>/*``.

    Leading folders that all images share are left out, so that an archive may hold
    ``any/train/cat/1.png`` or ``pets/cat/1.png``. Below them

    - the *split* is the first folder called ``train``, ``training``, ``val``, ``valid``,
      ``validation``, ``dev``, ``test`` or ``testing``, in any case, that holds another folder;
    - the *class* is the first folder below the split in which the paths differ. Its subfolders
      belong to it: ``cat/2021/1.png`` and ``dog/2021/2.png`` have the classes cat and dog.

    Ambiguous layouts are refused: images with and without a split, splits inside class folders,
    and, without splits, classes inside groups, such as ``animals/cat``, ``animals/dog`` and
    ``vehicles/car``.

    Links to files and folders are followed. Hidden files are left out; other files that are no
    images are counted in ``Dataset.skipped``.

    A missing split is drawn by seed, in equal shares of each class: 20 % of the images for a
    missing test split, then 10 % of the training images, or ``val_fraction`` of them, for a
    missing validation split.

    Images are rotated according to their metadata, transparency is dropped, and images that are
    not square are cropped to their central square. They are grey only if all of them are. Grey
    images with more than 8 bits keep the upper 8 of the bits in use, so that 12-bit values in
    16-bit files keep their contrast.

    Args:
        path: Folder, ``.tar`` (any compression) or ``.zip``.
        name: Name of the data set; the file's by default.
        seed: Seed of the split.
        resolution: Side of the images; the most common shorter side by default, and at most 224.
        val_fraction: Share of the training images that becomes the validation split, 0.1 by
            default; every class must then have images in both splits.
        flip: Whether a mirrored image keeps its class.

    Raises:
        DataError: There are no images, the layout is unknown or ambiguous, an image is unreadable,
            or no validation split can be drawn with this share.
    """
    check_resolution(resolution)
    check_fraction(val_fraction)
    path = Path(path)
    table = read_table(path, resolution)
    contents = table.contents
    labels, split = torch.tensor(contents.labels), torch.tensor(contents.splits)
    names = tuple(map(_readable, contents.classes))
    draw = generator(seed, "split")

    def divide(indices: torch.Tensor, fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
        kept, taken = stratified(labels[indices], (1 - fraction, fraction), draw)
        return indices[kept], indices[taken]

    train, val, test = ((split == part).nonzero().flatten() for part in range(3))
    split_off = tuple(name for name, part in (("val", val), ("test", test)) if not len(part))
    check_drawn(path, val_fraction, is_given=bool(len(val)))
    if not len(train):
        train = (split == -1).nonzero().flatten()
    if not len(test):
        train, test = divide(train, 0.2)
    if not len(val):
        train, val = divide(train, USUAL_FRACTION if val_fraction is None else val_fraction)
    by_class = {
        part: dict(
            zip(names, labels[indices].bincount(minlength=len(names)).tolist(), strict=True)
        )
        for part, indices in (("train", train), ("val", val))
    }
    if val_fraction is not None:
        check_classes(path, val_fraction, by_class)
    for part, indices in zip(SPLITS, (train, val, test), strict=True):
        if not len(indices):
            raise DataError(
                f"{str(path)!r} leaves no image for the {part} split",
                hint="Give at least ten images for each class.",
            )
    unlearnt = next((name for name, number in by_class["train"].items() if not number), None)
    if unlearnt is not None:
        raise DataError(
            f"{str(path)!r} holds no training image of {unlearnt!r}",
            hint="Give every class of val/ and test/ a folder in train/.",
        )
    data = from_images(
        name or _readable(path.name.split(".")[0]),
        torch.from_numpy(table.images),
        labels,
        classes=len(names),
        parts=(train, val, test),
        flip=flip,
        class_names=names,
    )
    found = FolderContents(contents.sizes, split_off)
    notes = (
        *_notes(contents, resolution),
        *balance_notes(by_class["train"]),
        *precision_notes(len(val), data.task.traits, is_given=not found.draws_ranking),
    )
    return replace(data, skipped=contents.skipped, notes=notes, found=found)


def _notes(contents: Contents, resolution: int | None) -> list[str]:
    """Notes on skipped files and on the resolution."""
    notes = []
    if contents.skipped:
        notes.append(f"{skipped_files(contents.skipped)}.")
    asked = resolution is not None
    notes += shape_notes(contents.sizes, contents.side, contents.usual_side, asked=asked)
    return notes


def _readable(name: str) -> str:
    """A file's name as valid text, whatever its bytes are."""
    return os.fsencode(name).decode(errors="backslashreplace")
