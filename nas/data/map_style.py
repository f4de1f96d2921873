"""A data set from any map-style data set of torch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nas.data.images.image_files import LARGEST, check_resolution
from nas.data.images.labelled import LabelledImages, labelled_dataset
from nas.data.images.layout import SPLITS
from nas.data.images.memory import check_memory
from nas.data.images.picture import squared
from nas.data.images.ranking_split import check_fraction
from nas.data.images.reading_notes import shape_notes
from nas.data.samples import evenly
from nas.errors import ConfigError, DataError, described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.data.dataset import Dataset

_LOOKED_AT = 64
"""Samples, evenly spread, whose sizes decide on the resolution; they are read twice."""
_UNSPLIT = -1


class _Sample(NamedTuple):
    """One sample: the image, as Pillow has it, and the index of its class."""

    image: Image.Image
    label: int


def from_map_style(
    train: Any,
    *,
    val: Any = None,
    test: Any = None,
    name: str | None = None,
    class_names: Sequence[str] | None = None,
    seed: int = 0,
    resolution: int | None = None,
    val_fraction: float | None = None,
    flip: bool = True,
) -> Dataset:
    """A data set from ``torch.utils.data.Dataset`` objects, or others with length and index.

    Each sample is a pair of an image and its class, a whole number from 0. An image is Pillow's,
    a tensor (C, H, W) or (H, W) of bytes or of floats from 0 to 1, or an array (H, W, C) or (H, W)
    of bytes. All samples are read here, so leave random transformations out: each image would keep
    the one that was drawn. Leave normalisation out too; networks normalise by themselves.

    Args:
        train: The samples to train on, and to draw the missing splits from.
        val: The samples to rank on; 10 % of the training samples if None.
        test: The samples to test on; 20 % of the training samples if None.
        name: Name of the data set; the class's by default.
        class_names: Names in the order of the labels; ``train.classes`` by default.
        seed: Seed of the splits.
        resolution: Side of the images; the most common shorter side by default, and at most 224.
        val_fraction: Share of the training samples that becomes the ranking split.
        flip: Whether a mirrored image keeps its class.

    Raises:
        ConfigError: Something given has no length or no samples.
        DataError: A sample is no pair of image and class, or the samples do not suffice.

    Example:
        >>> images = torch.arange(240).reshape(60, 1, 2, 2).to(torch.uint8)
        >>> from_map_style(torch.utils.data.TensorDataset(images, torch.arange(60) % 2))
        Dataset('tensordataset': 1 channel, 2 outputs; train 44, val 4, test 12)
    """
    check_resolution(resolution)
    check_fraction(val_fraction)
    given = {"train": train, "val": val, "test": test}
    parts = {part: samples for part, samples in given.items() if samples is not None}
    lengths = {part: _length(part, samples) for part, samples in parts.items()}
    called = name or type(train).__name__.lower()
    looked_at = [_sample("train", train, at) for at in evenly(len(train), _LOOKED_AT).tolist()]
    usual = Counter(min(image.size) for image, _ in looked_at).most_common(1)[0][0]
    side = resolution or min(usual, LARGEST)
    count = sum(lengths.values())
    check_memory(called, (count, 3, side, side))
    images = np.empty((count, 3, side, side), dtype=np.uint8)
    labels: list[int] = []
    names: list[str] = []
    sizes: Counter[str] = Counter()
    for part, length in lengths.items():
        for at in range(length):
            image, label = _sample(part, parts[part], at)
            images[len(labels)] = squared(image, side, "RGB", 8)
            labels.append(label)
            names.append(f"{part}[{at}]")
            sizes["x".join(map(str, image.size))] += 1
    grey = bool((images[:, :1] == images).all())
    classes = _class_names(called, class_names, train, labels)
    split = [SPLITS.index(part) if len(parts) > 1 else _UNSPLIT for part in lengths]
    found = LabelledImages(
        path=called,
        images=torch.from_numpy(np.ascontiguousarray(images[:, :1]) if grey else images),
        labels=torch.tensor(labels),
        splits=torch.tensor(split).repeat_interleave(torch.tensor(list(lengths.values()))),
        classes=classes,
        names=names,
        sizes=dict(sizes.most_common()),
    )
    data = labelled_dataset(found, name=called, seed=seed, val_fraction=val_fraction, flip=flip)
    notes = shape_notes(found.sizes, side, usual, asked=resolution is not None)
    return replace(data, notes=(*notes, *data.notes))


def _length(part: str, samples: Any) -> int:
    """The number of samples.

    Raises:
        ConfigError: There is none.
    """
    try:
        length = len(samples)
    except TypeError:
        raise ConfigError(
            f"expected {part} as a map-style data set with a length, got {described(samples)}",
            hint="Collect the samples of an iterable data set in a list first.",
        ) from None
    if not length:
        raise ConfigError(f"the {part} data set has no samples")
    return length


def _sample(part: str, samples: Any, at: int) -> _Sample:
    """One sample, checked.

    Raises:
        DataError: It is no pair of image and class.
    """
    sample = samples[at]
    if not isinstance(sample, tuple | list) or len(sample) != 2:
        raise DataError(
            f"sample {at} of {part} is {described(sample)}, expected a pair of image and class",
            hint="Wrap the data set so that it returns (image, label).",
        )
    image, label = sample
    try:
        number = index(label)
    except TypeError:
        number = -1
    if number < 0:
        raise DataError(
            f"the class of sample {at} of {part} is {described(label)}, expected a whole number "
            "from 0"
        )
    return _Sample(_picture(f"the image of sample {at} of {part}", image), number)


def _picture(what: str, image: Any) -> Image.Image:
    """An image of any kind, as Pillow has it.

    Raises:
        DataError: It is none, or its values are out of range.
    """
    if isinstance(image, Image.Image):
        return image
    array = image.numpy(force=True) if isinstance(image, Tensor) else image
    if not isinstance(array, np.ndarray) or array.ndim not in (2, 3) or not array.size:
        raise DataError(f"{what} is {described(image)}, expected a tensor (C, H, W) or a picture")
    if array.ndim == 3 and isinstance(image, Tensor):
        array = array.transpose(1, 2, 0)  # (H, W, C)
    if array.ndim == 3 and array.shape[2] not in (1, 3):
        raise DataError(f"{what} has the shape {tuple(image.shape)}, expected 1 or 3 channels")
    if array.dtype.kind == "f":
        low, high = float(array.min()), float(array.max())
        if not 0 <= low <= high <= 1:
            raise DataError(
                f"{what} has values from {low:g} to {high:g}, expected 0 to 1, or bytes",
                hint="Leave normalisation out of its transformations: networks normalise by "
                "themselves.",
            )
        array = (255 * array).round().astype(np.uint8)
    if array.dtype != np.uint8:
        raise DataError(f"{what} has values of {array.dtype}, expected bytes or floats")
    return Image.fromarray(array[..., 0] if array.shape[2:] == (1,) else array)


def _class_names(
    name: str, given: Sequence[str] | None, train: Any, labels: Sequence[int]
) -> tuple[str, ...]:
    """Names of the classes: the given ones, those of the data set, or numbers.

    Raises:
        DataError: There are fewer names than classes.
    """
    own = getattr(train, "classes", None)
    names = given if given is not None else own if isinstance(own, list | tuple) else None
    count = max(labels) + 1
    if names is None:
        return tuple(map(str, range(count)))
    if len(names) < count:
        raise DataError(f"{name!r} has classes up to {count - 1}, but {len(names)} names of them")
    return tuple(map(str, names))
