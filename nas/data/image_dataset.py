"""A data set of images, from tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.data.dataset import from_images
from nas.data.given import (
    PARTS,
    check_dense,
    check_integers,
    check_name,
    check_parts,
    check_range,
    class_count,
    indices_of,
)
from nas.errors import DataError, counted

if TYPE_CHECKING:
    from torch import Tensor

    from nas.data.dataset import Dataset


def make_dataset(
    name: str,
    images: Tensor,
    labels: Tensor,
    *,
    classes: int,
    parts: tuple[Tensor, Tensor, Tensor],
    flip: bool = False,
    class_names: tuple[str, ...] | None = None,
) -> Dataset:
    """A data set whose images are to be classified.

    Args:
        name: Of the data set.
        images: Bytes from 0 to 255 (n, C, S, S), uint8.
        labels: Classes of the images (n,), integers.
        classes: Number of classes.
        parts: Indices of the images to train on, to rank on and to test on, or masks (n,).
        flip: Whether a mirrored image keeps its class.
        class_names: In the order of the labels.

    Raises:
        DataError: Shapes or kinds of numbers do not fit, ``classes`` is no count, an index or a
            label is out of range, a part is empty, or an image stands in two.

    Example:
        >>> images = torch.zeros(6, 1, 8, 8, dtype=torch.uint8)
        >>> parts = (torch.arange(4), torch.tensor([4]), torch.tensor([5]))
        >>> make_dataset("dark", images, torch.arange(6) % 2, classes=2, parts=parts)
        Dataset('dark': 1 channel, 2 outputs; train 4, val 1, test 1)
    """
    check_name(name)
    _check_images(name, images, labels)
    classes = class_count(name, classes)
    check_range(f"{name!r} has labels", labels, classes)
    check_parts(name, parts)
    named = [f"the {part} part of {name!r}" for part in PARTS]
    count = len(images)
    train, val, test = (
        indices_of(what, part, count, "images") for what, part in zip(named, parts, strict=True)
    )
    shared = _shared(torch.cat([train, val, test]), count)
    if shared:
        raise DataError(f"the splits of {name!r} share {counted(shared, 'image')}")
    names = None if class_names is None else tuple(class_names)
    if names is not None and len(names) != classes:
        raise DataError(f"{name!r} has {counted(classes, 'class')}, got {len(names)} names")
    return from_images(
        name,
        images,
        labels.long(),
        classes=classes,
        parts=(train, val, test),
        flip=flip,
        class_names=names,
    )


def _shared(indices: Tensor, count: int) -> int:
    """Number of samples that stand more than once among indices below ``count``."""
    return int((indices.bincount(minlength=count) > 1).sum())


def _check_images(name: str, images: Tensor, labels: Tensor) -> None:
    check_dense(name, {"images": images, "labels": labels})
    square = images.dim() == 4 and images.shape[2] == images.shape[3] and images.numel()
    if not square or labels.shape != (len(images),):
        raise DataError(
            f"{name!r} needs square images (n, C, S, S) and labels (n,), got "
            f"{tuple(images.shape)} and {tuple(labels.shape)}"
        )
    if images.dtype != torch.uint8:
        raise DataError(
            f"{name!r} needs images in bytes, got {images.dtype}",
            hint="Scale them to 0..255 and convert them: (255 * x).round().to(torch.uint8).",
        )
    check_integers(f"{name!r} needs labels that are", labels)
