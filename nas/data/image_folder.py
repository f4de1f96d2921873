"""Folders and archives of images, one folder for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.data.dataset import Dataset, make_dataset, stratified
from nas.data.image_table import SPLITS, read_table
from nas.errors import DataError
from nas.seeding import generator

if TYPE_CHECKING:
    from pathlib import Path


def load_images(
    path: Path,
    *,
    name: str | None = None,
    seed: int = 0,
    resolution: int | None = None,
    flip: bool = True,
) -> Dataset:
    """A data set from ``train/<class>/*`` with optional ``val`` and ``test``, or ``<class>/*``.

    What is missing is split off by seed, in equal shares of each class: 20 % of the images for a
    missing test split, then 10 % of the training images for a missing validation split.

    Images of 16 bits a channel are reduced to 8, transparency is dropped, and other shapes than
    squares are cropped to the central square. They are grey only if all of them are.

    Args:
        path: Folder, ``.tar`` (any compression) or ``.zip``.
        name: Name of the data set; the file's by default.
        seed: Of the split.
        resolution: Side of the images; the most common shorter side by default.
        flip: Whether a mirrored image keeps its class.

    Raises:
        DataError: There is nothing to read, or an image is unreadable.
    """
    table = read_table(path, resolution)
    labels = torch.from_numpy(table.labels)
    split = torch.from_numpy(table.splits)
    draw = generator(seed, "split")

    def divide(indices: torch.Tensor, fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
        kept, taken = stratified(labels[indices], (1 - fraction, fraction), draw)
        return indices[kept], indices[taken]

    train, val, test = ((split == part).nonzero().flatten() for part in range(3))
    if not len(train):
        train = (split == -1).nonzero().flatten()
    if not len(test):
        train, test = divide(train, 0.2)
    if not len(val):
        train, val = divide(train, 0.1)
    for part, indices in zip(SPLITS, (train, val, test), strict=True):
        if not len(indices):
            raise DataError(
                f"{str(path)!r} leaves no image for the {part} split",
                hint="Give at least ten images for each class.",
            )
    untaught = set(range(len(table.classes))) - set(labels[train].tolist())
    if untaught:
        raise DataError(
            f"{str(path)!r} holds no training image of {table.classes[min(untaught)]!r}",
            hint="Give every class of val/ and test/ a folder in train/.",
        )
    return make_dataset(
        name or path.name.split(".")[0],
        torch.from_numpy(table.images),
        labels,
        classes=len(table.classes),
        parts=(train, val, test),
        flip=flip,
        class_names=table.classes,
    )
