"""Folders and archives of images, one folder for each class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from nas.data.images.folder import readable
from nas.data.images.image_files import check_resolution
from nas.data.images.image_table import read_table
from nas.data.images.image_tree import ImageTree
from nas.data.images.labelled import LabelledImages, labelled_dataset
from nas.data.images.layout import LAYOUT
from nas.data.images.ranking_split import check_fraction
from nas.data.images.reading_notes import place_notes, reading_notes
from nas.errors import DataError

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.data.images.image_source import ImageSource


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
    images are counted in ``Dataset.skipped``. Images with equal pixels are listed in
    ``Dataset.found``, and noted where they are in two splits or two classes.

    A missing split is drawn by seed, in equal shares of each class: 20 % of the images for a
    missing test split, then 10 % of the training images, or ``val_fraction`` of them, for a
    missing validation split.

    Images are rotated according to their metadata, transparency is dropped as by Pillow's
    ``convert("RGB")``, of animations and pages the first is read, and images that are not square
    are cropped to their central square. They are grey only if all of them are. Grey images with
    more than 8 bits keep the upper 8 of the bits in use, so that 12-bit values in 16-bit files
    keep their contrast.

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
    path = Path(path)
    if not path.exists():
        raise DataError(
            f"no data at {str(path)!r}; expected a folder or archive of images", hint=LAYOUT
        )
    return dataset_of(
        ImageTree(path),
        name=name or readable(path.name.split(".")[0]),
        seed=seed,
        resolution=resolution,
        val_fraction=val_fraction,
        flip=flip,
    )


def dataset_of(
    source: ImageSource,
    *,
    name: str,
    seed: int,
    resolution: int | None,
    val_fraction: float | None,
    flip: bool = True,
) -> Dataset:
    """A data set from images in files; the arguments are those of :func:`load_images`.

    Raises:
        DataError: As :func:`load_images`.
    """
    check_resolution(resolution)
    check_fraction(val_fraction)
    table = read_table(source, resolution)
    contents = table.contents
    found = LabelledImages(
        path=source.path,
        images=table.for_use(),
        labels=torch.tensor(contents.labels),
        splits=torch.tensor(contents.splits),
        classes=tuple(map(readable, contents.classes)),
        names=tuple(map(readable, contents.names)),
        sizes=contents.sizes,
    )
    data = labelled_dataset(found, name=name, seed=seed, val_fraction=val_fraction, flip=flip)
    notes = (
        *reading_notes(contents, asked=resolution is not None),
        *place_notes(found.images),
        *data.notes,
    )
    return replace(data, skipped=contents.skipped, notes=notes)
