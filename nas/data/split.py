"""One part of a data set, held on one device; images that are too many stay in their file."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from nas.data.images.memory import is_large
from nas.data.images.stored_images import StoredImages, averaged, joined, subset
from nas.data.samples import evenly
from nas.task.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from nas.data.images.stored_images import Images

_AT_ONCE = 2**24
"""Pixels that are converted to floats at once while images are resized."""


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled images and how to normalise them.

    Attributes:
        held: Images in bytes 0..255 (n, C, H, W); those in a file are read when they are used.
        labels: Class indices (n,), int64.
        mean: Mean of each channel of the training images, in bytes: (C,).
        std: Standard deviation of each channel of the training images, in bytes: (C,).
    """

    held: Images
    labels: Tensor
    mean: Tensor
    std: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def rows(self) -> int:
        """Number of images."""
        return len(self)

    @property
    def images(self) -> Tensor:
        """All images as one tensor (n, C, H, W), bytes 0..255; those in a file are read."""
        return self.held[:]

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Labels and images; those in a file are read."""
        return self.labels, self.images

    @property
    def contents(self) -> tuple[Images, ...]:
        """Labels and images; those in a file stay there."""
        return self.labels, self.held

    def to(self, device: torch.device | str) -> Split:
        """The same data on a device."""
        held = self.held if isinstance(self.held, StoredImages) else self.held.to(device)
        return Split(held, *(t.to(device) for t in (self.labels, self.mean, self.std)))

    def subset(self, indices: Tensor | slice) -> Split:
        """Some of the images."""
        return replace(self, held=subset(self.held, indices), labels=self.labels[indices])

    def joined(self, other: Split) -> Split:
        """The images of both, normalised as these are."""
        held = joined(self.held, other.held)
        return replace(self, held=held, labels=torch.cat([self.labels, other.labels]))

    def spread(self, count: int) -> Split:
        """At most ``count`` images at equal distances in the order of the split."""
        return self.subset(evenly(len(self), count, self.labels.device))

    def whole(self) -> Batch:
        """All images, normalised (n, C, H, W), and labels (n,)."""
        return Batch((self.normalised(slice(None)),), self.labels)

    def drawn(self, count: int, generator: torch.Generator) -> Batch:
        """Normalised images (count, C, H, W) drawn with replacement, and their labels."""
        indices = torch.randint(len(self), (count,), generator=generator).to(self.labels.device)
        return Batch((self.normalised(indices),), self.labels[indices])

    def at(self, resolution: int) -> Split:
        """The images averaged over areas down to ``resolution`` x ``resolution`` pixels."""
        return replace(self, held=resized(self.held, resolution))

    def normalised(self, indices: Tensor | slice) -> Tensor:
        """Images as floats with mean 0 and deviation 1 in each channel: (b, C, H, W)."""
        images = self.held[indices].to(self.mean.device).float()
        return (images - self.mean[:, None, None]) / self.std[:, None, None]

    def batches(
        self,
        batch_size: int,
        generator: torch.Generator | None = None,
        *,
        drop_last: bool = False,
    ) -> Iterator[Batch]:
        """Normalised images (b, C, H, W) and labels (b,), shuffled if a generator is given.

        Args:
            batch_size: Images in a batch; the last one may be smaller.
            generator: On the CPU for every device, so that the order does not depend on it.
            drop_last: Leave a smaller last batch out.
        """
        count = len(self)
        order = (
            torch.arange(count)
            if generator is None
            else torch.randperm(count, generator=generator)
        )
        for indices in order.to(self.labels.device).split(batch_size):
            if drop_last and len(indices) < min(batch_size, count):
                return
            yield Batch((self.normalised(indices),), self.labels[indices])


def resized(images: Images, side: int) -> Images:
    """Square images in bytes (n, C, S, S) averaged over areas: (n, C, side, side).

    Those in a file stay there unless all images of the file, so all splits, are small enough.
    """
    if images.shape[-1] == side:
        return images
    if isinstance(images, StoredImages) and is_large((images.total, images.shape[1], side, side)):
        return images.at(side)
    parts = images.split(max(1, _AT_ONCE // math.prod(images.shape[1:])))
    return torch.cat([averaged(part, side) for part in parts])
