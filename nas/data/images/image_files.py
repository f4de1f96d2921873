"""Images in files: their properties and their pixels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.data.images.contents import Contents
from nas.data.images.layout import LAYOUT, SPLITS
from nas.data.images.member import skipped_files
from nas.data.images.picture import header, square
from nas.data.images.reading_notes import broken_images, sizes_of
from nas.errors import BrokenImageError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import PurePosixPath

    import numpy as np

    from nas.data.images.image_source import ImageSource
    from nas.data.images.picture import Header

LARGEST = 224
"""Largest default side of the images; smaller images keep their side."""


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """The image files of a source.

    Attributes:
        source: The folder, archive or table.
        names: Names of the images in the order of the source.
        places: Place of each image in the order of the contents.
        bits: Bits in use by the values of grey images with more than 8 bits.
        contents: Properties of the images.
        broken: Errors of the images whose headers cannot be read.
    """

    source: ImageSource
    names: tuple[PurePosixPath, ...]
    places: tuple[int, ...]
    bits: int
    contents: Contents
    broken: tuple[BrokenImageError, ...] = ()

    def pictures(self, start: int = 0) -> Iterator[tuple[int, int, np.ndarray]]:
        """Number, place and pixels (C, S, S) of one image after another, in the source's order.

        Args:
            start: Number of the first one; those before it are not decoded.

        Raises:
            DataError: Images are unreadable, raised after the last image; or the files have
                changed.
        """
        path = self.source.path
        broken = {error.name: error for error in self.broken}
        side, mode = self.contents.side, "L" if self.contents.channels == 1 else "RGB"
        expected = zip(self.names, self.places, strict=True)
        for number, member in enumerate(self.source.members(Counter())):
            name, place = next(expected, (None, 0))
            if member.name != name:
                raise self._changed()
            if str(name) in broken or number < start:
                continue
            try:
                pixels = square(path, member, side, mode, self.bits)
            except BrokenImageError as error:
                broken[error.name] = error
            else:
                yield number, place, pixels
        if next(expected, None):
            raise self._changed()
        if broken:
            raise broken_images(path, list(broken.values()))

    def _changed(self) -> DataError:
        return DataError(
            f"the files in {str(self.source.path)!r} changed while they were read",
            hint="Try again.",
        )


def find_images(source: ImageSource, resolution: int | None) -> ImageFiles:
    """Find the images of a source; they are decoded later, one at a time.

    Args:
        source: The folder, archive or table.
        resolution: Side of the images; the most common shorter side by default, at most
            :data:`LARGEST`.

    Raises:
        DataError: There are no images, their splits or classes are unclear, or no image is
            readable.
    """
    path = source.path
    skipped: Counter[str] = Counter()
    found: list[tuple[PurePosixPath, Header | None]] = []
    broken: list[BrokenImageError] = []
    for member in source.members(skipped):
        head = None
        try:
            head = header(path, member)
        except BrokenImageError as error:
            broken.append(error)
        found.append((member.name, head))
    if broken and len(broken) == len(found):
        raise broken_images(path, broken)
    if not found:
        left = f"; {skipped_files(skipped)}" if skipped else ""
        raise DataError(
            f"expected images of two or more classes in {str(path)!r}, found 0 images{left}",
            hint=LAYOUT,
        )
    names = [name for name, _ in found]
    keys = source.keys(names)
    order = list(range(len(names)))
    if source.sorts:
        order.sort(key=lambda at: str(names[at]))
    classes = sorted({label for _, label in keys})
    index = {label: number for number, label in enumerate(classes)}
    headers = [head for _, head in (found[at] for at in order) if head is not None]
    usual = usual_side(headers)
    contents = Contents(
        names=tuple(str(names[at]) for at in order),
        labels=tuple(index[keys[at][1]] for at in order),
        splits=tuple(SPLITS.index(keys[at][0]) if keys[at][0] else -1 for at in order),
        classes=tuple(classes),
        channels=1 if all(head.grey for head in headers) else 3,
        side=resolution or min(usual, LARGEST),
        usual_side=usual,
        sizes=sizes_of(headers),
        frames=sum(head.frames for head in headers),
        skipped=dict(skipped),
    )
    places = [0] * len(order)
    for place, at in enumerate(order):
        places[at] = place
    bits = max(head.bits for head in headers)
    return ImageFiles(source, tuple(names), tuple(places), bits, contents, tuple(broken))


def check_resolution(resolution: int | None) -> None:
    """Raise unless the resolution is a possible number of pixels.

    Raises:
        DataError: The resolution is less than 1.
    """
    if resolution is not None and resolution < 1:
        raise DataError(f"expected a resolution of at least 1 pixel, got {resolution}")


def usual_side(headers: Iterable[Header]) -> int:
    """The most common shorter side of images; the first of equally common ones."""
    return Counter(head.side for head in headers).most_common(1)[0][0]
