"""One part of a data set, held on one device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled images and how to normalise them.

    Attributes:
        images: (n, C, H, W), bytes 0..255.
        labels: Class indices (n,), int64.
        mean: Mean of each channel of the training images, in bytes: (C,).
        std: Standard deviation of each channel of the training images, in bytes: (C,).
    """

    images: Tensor
    labels: Tensor
    mean: Tensor
    std: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        """The same data on a device."""
        return Split(*(t.to(device) for t in (self.images, self.labels, self.mean, self.std)))

    def subset(self, indices: Tensor | slice) -> Split:
        """Some of the images."""
        return replace(self, images=self.images[indices], labels=self.labels[indices])

    def spread(self, count: int) -> tuple[Tensor, Tensor]:
        """At most ``count`` images, spread evenly over a split sorted by anything.

        Returns:
            Normalised images (b, C, H, W) and labels (b,).
        """
        steps = min(count, len(self))
        indices = torch.linspace(0, len(self) - 1, steps, device=self.labels.device).round().long()
        return self.normalised(indices), self.labels[indices]

    def at(self, resolution: int) -> Split:
        """The images averaged over areas down to ``resolution`` x ``resolution`` pixels."""
        if self.images.shape[-1] == resolution:
            return self
        parts = [
            F.interpolate(part.float(), size=resolution, mode="area").round().to(torch.uint8)
            for part in self.images.split(4096)
        ]
        return replace(self, images=torch.cat(parts))

    def normalised(self, indices: Tensor | slice) -> Tensor:
        """Images as floats with mean 0 and deviation 1 in each channel: (b, C, H, W)."""
        images = self.images[indices].float()
        return (images - self.mean[:, None, None]) / self.std[:, None, None]

    def batches(
        self,
        batch_size: int,
        generator: torch.Generator | None = None,
        *,
        drop_last: bool = False,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Normalised images (b, C, H, W) and labels (b,), shuffled if a generator is given.

        Args:
            batch_size: Images in a batch; the last one may be smaller.
            generator: On the CPU whatever the device, so that the order does not depend on it.
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
            yield self.normalised(indices), self.labels[indices]
