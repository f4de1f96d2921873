"""Images that stay in a file, where there are too many for the memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, eq=False)
class StoredImages:
    """Images in a file, each read when it is used, in place of a tensor (n, C, S, S) of bytes.

    Reading takes no memory beside that of the images asked for: the file is not mapped.

    Attributes:
        file: The file.
        start: Number of bytes before its first image.
        size: Shape of an image in the file, (C, S, S).
        total: Number of images in the file, of which these may be some.
        places: Place of each of these images among those of the file (n,).
        side: Height and width to which images are averaged when they are read; None keeps theirs.
    """

    file: Path
    start: int
    size: tuple[int, int, int]
    total: int
    places: Tensor
    side: int | None = None

    def __len__(self) -> int:
        return len(self.places)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(n, C, S, S)."""
        side = self.side or self.size[-1]
        return len(self), self.size[0], side, side

    def __getitem__(self, indices: Tensor | slice | int) -> Tensor:
        """Some images (b, C, S, S) in bytes, or one (C, S, S)."""
        if isinstance(indices, int):
            return self._read(self.places[indices, None])[0]
        return self._read(self.places[_on_cpu(indices)])

    def split(self, count: int) -> Iterator[Tensor]:
        """All images in parts of at most ``count``."""
        return (self._read(part) for part in self.places.split(count))

    def subset(self, indices: Tensor | slice) -> StoredImages:
        """Some of the images, which are not read yet."""
        return replace(self, places=self.places[_on_cpu(indices)])

    def at(self, side: int) -> StoredImages:
        """The images averaged over areas when they are read."""
        return replace(self, side=side)

    def _read(self, places: Tensor) -> Tensor:
        images = torch.empty(len(places), *self.size, dtype=torch.uint8)
        try:
            with self.file.open("rb", buffering=0) as file:
                for image, place in zip(images.numpy(), places.tolist(), strict=True):
                    file.seek(self.start + place * image.nbytes)
                    if file.readinto(image.data.cast("B")) != image.nbytes:
                        raise OSError("it is too short")
        except OSError as error:
            raise DataError(
                f"cannot read the prepared images in {str(self.file)!r}: "
                f"{error.strerror or error}",
                hint="Repeat the command, which prepares them again and goes on.",
            ) from None
        return averaged(images, self.side or self.size[-1])


Images = Tensor | StoredImages
"""Images in bytes (n, C, H, W), in memory or in a file."""


def averaged(images: Tensor, side: int) -> Tensor:
    """Square images in bytes (n, C, S, S) averaged over areas: (n, C, side, side)."""
    if images.shape[-1] == side:
        return images
    return F.interpolate(images.float(), size=side, mode="area").round().to(torch.uint8)


def subset(images: Images, indices: Tensor | slice) -> Images:
    """Some of the images."""
    return images.subset(indices) if isinstance(images, StoredImages) else images[indices]


def joined(first: Images, second: Images) -> Images:
    """Images of one data set, the first ones before the second ones."""
    if isinstance(first, StoredImages) and isinstance(second, StoredImages):
        return replace(first, places=torch.cat([first.places, second.places]))
    assert isinstance(first, Tensor)
    assert isinstance(second, Tensor)
    return torch.cat([first, second])


def _on_cpu(indices: Tensor | slice) -> Tensor | slice:
    return indices.cpu() if isinstance(indices, Tensor) else indices
