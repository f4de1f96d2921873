"""Handwritten digits of scikit-learn, transformed at random, among fragments of other digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from nas.data.dataset import Dataset, from_images, stratified
from nas.seeding import generator, rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RESOLUTION = 24
IMAGES = {"train": 6000, "val": 1500, "test": 1500}
"""Number of images of each split."""
SOURCES = (2 / 3, 1 / 6, 1 / 6)
"""Share of the digits from which the images of each split are made."""
ANGLE = 0.4
"""Largest rotation to either side, in radians."""
SCALES = (1.0, 1.7)
FRAGMENTS = 2
FRAGMENT = 4
"""Height and width of a fragment in pixels."""
NOISE = 0.1
"""Standard deviation of the noise; black is 0 and white is 1."""

_DIGIT = 8
"""Height and width of scikit-learn's digits in pixels."""


def load(*, seed: int = 0) -> Dataset:
    """9,000 images of one digit each, made by seed; needs no network and no file.

    Every image shows a digit that is rotated, enlarged and placed at random, two square fragments
    of other digits, and noise. Both are taken from the digits of the split, so no two splits share
    a digit. Nearest neighbours and linear classifiers fail on such images, and a network has to
    find the digit first.

    Example:
        >>> data = load()
        >>> len(data.train), data.task.resolution
        (6000, 24)
    """
    bunch = load_digits()
    digits, labels = bunch.images / bunch.images.max(), bunch.target
    sources = stratified(torch.from_numpy(labels), SOURCES, generator(seed, "split"))
    images, classes = [], []
    for (split, count), members in zip(IMAGES.items(), sources, strict=True):
        rows = np.resize(members.numpy(), count)
        images.append(_made(digits[members], count, rng(seed, "cluttered-digits", split)))
        classes.append(torch.from_numpy(labels[rows]).long())
    pixels, counts = torch.cat(images), list(IMAGES.values())
    train, val, test = torch.arange(len(pixels)).split(counts)
    return from_images(
        "cluttered-digits",
        pixels,
        torch.cat(classes),
        classes=10,
        parts=(train, val, test),
        flip=False,
        class_names=tuple("0123456789"),
    )


def _made(digits: Floats, count: int, draw: np.random.Generator) -> torch.Tensor:
    """Images of digits (m, 8, 8) in turn, with fragments of others: (count, 1, S, S) bytes."""
    rows = np.arange(count)
    images = _placed(digits[rows % len(digits)], draw)
    for _ in range(FRAGMENTS):
        others = (rows + draw.integers(1, len(digits), count)) % len(digits)
        _add_fragments(images, digits[others], draw)
    images = (images + draw.normal(0, NOISE, images.shape)).clip(0, 1)
    return torch.from_numpy((images * 255).round().astype(np.uint8))[:, None]


def _placed(digits: Floats, draw: np.random.Generator) -> Floats:
    """Digits (n, 8, 8), each rotated, enlarged and placed within an image (n, S, S)."""
    count = len(digits)
    scale = draw.uniform(*SCALES, count)
    angle = draw.uniform(-ANGLE, ANGLE, count)
    room = 1 - scale * _DIGIT / RESOLUTION  # of the centre, in halves of the image
    centre = draw.uniform(-1, 1, (count, 2)) * room[:, None]
    turn = np.stack([np.cos(angle), np.sin(angle), -np.sin(angle), np.cos(angle)], axis=1)
    turn = turn.reshape(count, 2, 2) * (RESOLUTION / _DIGIT / scale)[:, None, None]
    affine = np.concatenate([turn, -turn @ centre[:, :, None]], axis=2)  # (n, 2, 3)
    grid = F.affine_grid(
        torch.from_numpy(affine), [count, 1, RESOLUTION, RESOLUTION], align_corners=False
    )
    placed = F.grid_sample(torch.from_numpy(digits)[:, None], grid, align_corners=False)
    return placed[:, 0].numpy()


def _add_fragments(images: Floats, digits: Floats, draw: np.random.Generator) -> None:
    """Cut a square out of each digit (n, 8, 8) and lay it over the image, in place."""
    count = len(images)
    number = np.arange(count)[:, None, None]
    steps = np.arange(FRAGMENT)

    def windows(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        top, left = draw.integers(0, size - FRAGMENT + 1, (2, count))
        return (top[:, None] + steps)[:, :, None], (left[:, None] + steps)[:, None, :]

    cut = digits[(number, *windows(_DIGIT))]  # (n, FRAGMENT, FRAGMENT)
    place = (number, *windows(RESOLUTION))
    images[place] = np.maximum(images[place], cut)
