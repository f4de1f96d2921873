"""A data set from labelled images: splits that are missing are drawn, and doubts are noted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nas.data.dataset import Dataset, from_images, stratified
from nas.data.found import Found
from nas.data.images.balance import balance_notes
from nas.data.images.equal_images import equal_images, equal_notes
from nas.data.images.layout import SPLITS
from nas.data.images.ranking_split import (
    USUAL_FRACTION,
    check_classes,
    check_drawn,
    check_fraction,
    precision_notes,
)
from nas.errors import DataError
from nas.seeding import generator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from nas.data.images.stored_images import Images

_TEST = 0.2
"""Share of the images that becomes the test split if none is given."""
_Parts = tuple["Tensor", "Tensor", "Tensor"]


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelledImages:
    """Images with classes, as they were found.

    Attributes:
        path: Where they were found, for messages.
        images: (n, C, S, S) bytes, in memory or in a file.
        labels: Class index of each image (n,).
        splits: Index of its split in :data:`nas.data.images.layout.SPLITS` (n,); -1 without one.
        classes: Names of the classes.
        names: Name of each image.
        sizes: Number of images by width and height as they are stored.
    """

    path: Path | str
    images: Images
    labels: Tensor
    splits: Tensor
    classes: tuple[str, ...]
    names: Sequence[str]
    sizes: Mapping[str, int]


def labelled_dataset(
    found: LabelledImages, *, name: str, seed: int, val_fraction: float | None, flip: bool
) -> Dataset:
    """A data set of labelled images.

    A missing split is drawn by seed, in equal shares of each class: 20 % of the images for a
    missing test split, then 10 % of the training images, or ``val_fraction`` of them, for a
    missing validation split.

    Args:
        found: The images.
        name: Name of the data set.
        seed: Seed of the split.
        val_fraction: Share of the training images that becomes the validation split.
        flip: Whether a mirrored image keeps its class.

    Raises:
        DataError: A split has no image, a class has no training image, or no validation split can
            be drawn with this share.
    """
    check_fraction(val_fraction)
    parts, split_off = _parts(found, seed, val_fraction)
    by_class = {
        split: dict(zip(found.classes, _counts(found, part), strict=True))
        for split, part in zip(SPLITS, parts, strict=True)
    }
    if val_fraction is not None:
        check_classes(found.path, val_fraction, {at: by_class[at] for at in SPLITS[:2]})
    _check_parts(found.path, by_class)
    data = from_images(
        name,
        found.images,
        found.labels,
        classes=len(found.classes),
        parts=parts,
        flip=flip,
        class_names=found.classes,
    )
    equal = equal_images(found.images)
    notes = (
        *equal_notes(equal, found.names, parts, _classes_of(found)),
        *balance_notes(by_class["train"]),
        *precision_notes(len(data.val), data.task.traits, is_given="val" not in split_off),
    )
    groups = tuple(tuple(found.names[at] for at in group) for group in equal)
    return replace(data, notes=notes, found=Found(found.sizes, split_off, groups))


def _parts(
    found: LabelledImages, seed: int, val_fraction: float | None
) -> tuple[_Parts, tuple[str, ...]]:
    """Indices of the images of each split, and the splits that were drawn."""
    draw = generator(seed, "split")

    def divide(indices: Tensor, fraction: float) -> tuple[Tensor, Tensor]:
        kept, taken = stratified(found.labels[indices], (1 - fraction, fraction), draw)
        return indices[kept], indices[taken]

    train, val, test = ((found.splits == at).nonzero().flatten() for at in range(len(SPLITS)))
    drawn = tuple(name for name, part in (("val", val), ("test", test)) if not len(part))
    check_drawn(found.path, val_fraction, is_given=bool(len(val)))
    if not len(train):
        train = (found.splits == -1).nonzero().flatten()
    if not len(test):
        train, test = divide(train, _TEST)
    if not len(val):
        train, val = divide(train, USUAL_FRACTION if val_fraction is None else val_fraction)
    return (train, val, test), drawn


def _counts(found: LabelledImages, part: Tensor) -> list[int]:
    counts: list[int] = found.labels[part].bincount(minlength=len(found.classes)).tolist()
    return counts


def _check_parts(path: Path | str, by_class: Mapping[str, Mapping[str, int]]) -> None:
    for split, counts in by_class.items():
        if not sum(counts.values()):
            raise DataError(
                f"{str(path)!r} leaves no image for the {split} split",
                hint="Give at least ten images for each class"
                + (", or a larger --val-fraction." if split == "val" else "."),
            )
    unlearnt = next((name for name, number in by_class["train"].items() if not number), None)
    if unlearnt is not None:
        raise DataError(
            f"{str(path)!r} holds no training image of {unlearnt!r}",
            hint="Every class of the validation and the test split needs training images.",
        )


def _classes_of(found: LabelledImages) -> list[str]:
    return [found.classes[label] for label in found.labels.tolist()]
