"""Images and classes in the arrays of a ``.npz`` file."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from nas.data.formats.class_indices import class_indices
from nas.data.formats.names import array_names
from nas.data.formats.npz import read_npz
from nas.data.formats.pixels import channels_first, in_bytes
from nas.data.images.image_files import LARGEST, check_resolution
from nas.data.images.labelled import LabelledImages, labelled_dataset
from nas.data.images.layout import SPLIT_OF, SPLITS
from nas.data.images.ranking_split import check_fraction
from nas.data.images.reading_notes import shape_notes
from nas.data.split import resized
from nas.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from nas.data.dataset import Dataset

_IMAGES = ("x", "images", "image", "data")
_LABELS = ("y", "labels", "label", "targets", "target")
_UNSPLIT = -1
_FORM = (
    "Write np.savez(file, x=images, y=classes), or the arrays x_train, y_train, x_test, y_test, "
    "or train_images, train_labels, val_images and so on."
)


class _Part(NamedTuple):
    """The arrays of one split.

    Attributes:
        split: Index of the split; -1 without splits.
        name: Name of the array of images.
        images: (N, C, H, W).
        labels: (N,) or (N, K).
    """

    split: int
    name: str
    images: np.ndarray
    labels: np.ndarray


def load_arrays(
    path: Path, *, name: str, seed: int, resolution: int | None, val_fraction: float | None
) -> Dataset:
    """A data set from arrays; the arguments are those of :func:`nas.data.load_images`.

    The arrays are ``x`` and ``y``, or one pair for each split under the names of Keras
    (``x_train``) or MedMNIST (``train_images``, ``train_labels``). Images are (N, H, W),
    (N, H, W, C) or (N, C, H, W), in bytes, whole numbers of 16 bits, or floats from 0 to 1 or 255.

    Raises:
        DataError: Arrays are missing, damaged, of other shapes or values, or Python objects.
    """
    check_resolution(resolution)
    check_fraction(val_fraction)
    parts = _parts(path)
    images, notes = in_bytes(path, [part.images for part in parts])
    height, width = images.shape[2:]
    short = min(height, width)
    side = resolution or min(short, LARGEST)
    sizes = {f"{width}x{height}": len(images)}
    classes = class_indices(path, _joined(path, parts))
    splits = [part.split for part in parts for _ in part.images]
    found = LabelledImages(
        path=path,
        images=resized(_central(torch.from_numpy(images)), side),
        labels=torch.from_numpy(classes.indices),
        splits=torch.tensor(splits),
        classes=classes.names,
        names=[f"{part.name}[{at}]" for part in parts for at in range(len(part.images))],
        sizes=sizes,
    )
    flip = images.shape[1] > 1
    if not flip:
        notes.append("Grey images of arrays are not mirrored in training: some show characters.")
    notes += shape_notes(sizes, side, short, asked=resolution is not None)
    data = labelled_dataset(found, name=name, seed=seed, val_fraction=val_fraction, flip=flip)
    return replace(data, notes=(*notes, *data.notes))


def _parts(path: Path) -> list[_Part]:
    """The arrays of each split.

    Raises:
        DataError: Names or shapes of the arrays do not fit.
    """
    pairs = _pairs(path)
    stored = read_npz(path, [name for pair in pairs.values() for name in pair])
    parts = [
        _Part(split, images, channels_first(path, images, stored[images]), stored[labels])
        for split, (images, labels) in pairs.items()
    ]
    for part in parts:
        if not part.images.size or part.labels.shape[:1] != part.images.shape[:1]:
            raise DataError(
                f"{part.name!r} in {str(path)!r} has {len(part.images)} images for labels of the "
                f"shape {part.labels.shape}, expected one label for each image, and some images"
            )
    shapes = {part.images.shape[1:] for part in parts}
    if len(shapes) > 1:
        raise DataError(
            f"the splits of {str(path)!r} have images of different shapes (C, H, W): "
            f"{', '.join(map(str, sorted(shapes)))}"
        )
    return parts


def _pairs(path: Path) -> dict[int, tuple[str, str]]:
    """Names of the arrays of images and of labels in each split.

    Raises:
        DataError: They are not there, or incomplete.
    """
    names = array_names(path)
    found: dict[int, dict[str, str]] = {}
    for name in names:
        words = re.split(r"[_-]", name.lower())
        kinds = [word for word in words if word in (*_IMAGES, *_LABELS)]
        splits = [SPLITS.index(SPLIT_OF[word]) for word in words if word in SPLIT_OF]
        if len(kinds) == 1 and len(splits) == len(words) - 1 < 2:
            kind = "x" if kinds[0] in _IMAGES else "y"
            found.setdefault((*splits, _UNSPLIT)[0], {}).setdefault(kind, name)
    complete = found and all(len(pair) == 2 for pair in found.values())
    if not complete or (_UNSPLIT in found and len(found) > 1):
        raise DataError(
            f"{str(path)!r} has no arrays of images and of classes for each; its arrays are "
            f"{', '.join(map(repr, names)) or 'none'}",
            hint=_FORM,
        )
    return {split: (found[split]["x"], found[split]["y"]) for split in sorted(found)}


def _joined(path: Path, parts: list[_Part]) -> np.ndarray:
    """The labels of all splits, (N,) or (N, K)."""
    labels = [part.labels for part in parts]
    if len({array.shape[1:] for array in labels}) > 1:
        raise DataError(
            f"the splits of {str(path)!r} have labels of different shapes: "
            f"{', '.join(str(array.shape) for array in labels)}"
        )
    return np.concatenate(labels)


def _central(images: Tensor) -> Tensor:
    """The central square of each image (N, C, H, W)."""
    height, width = images.shape[2:]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    return images[:, :, top : top + short, left : left + short].contiguous()
