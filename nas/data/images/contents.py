"""What is known of images in files before they are decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The properties of images that are known before they are decoded.

    Attributes:
        names: Name of each image, sorted if the source sorts.
        labels: Class index of each image, in this order.
        splits: Index of its split in :data:`nas.data.images.layout.SPLITS`; -1 without splits.
        classes: Names of the classes.
        channels: 1 if all images are grey, else 3.
        side: Height and width of the decoded images.
        usual_side: Most common shorter side of the files.
        sizes: Number of images by width and height of the files, the most frequent first.
        frames: Number of files with several frames or pages, of which the first is read.
        skipped: Files that are no images, by kind.
    """

    names: tuple[str, ...]
    labels: tuple[int, ...]
    splits: tuple[int, ...]
    classes: tuple[str, ...]
    channels: int
    side: int
    usual_side: int
    sizes: Mapping[str, int]
    frames: int
    skipped: Mapping[str, int]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of all images together: (n, C, S, S)."""
        return len(self.labels), self.channels, self.side, self.side
