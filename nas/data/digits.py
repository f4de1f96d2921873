"""The handwritten digits inside scikit-learn: 1,797 images of 8x8 pixels, 10 classes."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits

from nas.data.dataset import Dataset, from_images, stratified
from nas.seeding import generator


def load(*, seed: int = 0) -> Dataset:
    """Digits, split 60/20/20 by seed; needs no network and no file."""
    bunch = load_digits()
    images = torch.from_numpy(bunch.images * (255 / 16)).round().to(torch.uint8)[:, None]
    labels = torch.from_numpy(bunch.target).long()
    train, val, test = stratified(labels, (0.6, 0.2, 0.2), generator(seed, "split"))
    return from_images(
        "digits",
        images,
        labels,
        classes=10,
        parts=(train, val, test),
        flip=False,
        class_names=tuple("0123456789"),
    )
