"""The images of a folder or an archive: their properties and their pixels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.data.images.archive import archive_members
from nas.data.images.folder import folder_members
from nas.data.images.layout import LAYOUT, SPLITS, split_and_class
from nas.data.images.member import skipped_files
from nas.data.images.picture import header, square
from nas.data.images.reading_notes import broken_images, sizes_of
from nas.errors import BrokenImageError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path, PurePosixPath

    import numpy as np

    from nas.data.images.member import Member
    from nas.data.images.picture import Header

LARGEST = 224
"""Largest default side of the images; smaller images keep their side."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The properties of images that are known before they are decoded.

    Attributes:
        labels: Class index of each image, in the order of the file names.
        splits: Index of its split in :data:`nas.data.images.layout.SPLITS`; -1 without splits.
        classes: Names of the class folders.
        channels: 1 if all images are grey, else 3.
        side: Height and width of the decoded images.
        usual_side: Most common shorter side of the files.
        sizes: Number of images by width and height of the files, the most frequent first.
        skipped: Files that are no images, by kind.
    """

    labels: tuple[int, ...]
    splits: tuple[int, ...]
    classes: tuple[str, ...]
    channels: int
    side: int
    usual_side: int
    sizes: Mapping[str, int]
    skipped: Mapping[str, int]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of all images together: (n, C, S, S)."""
        return len(self.labels), self.channels, self.side, self.side


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """The image files of a folder or an archive.

    Attributes:
        path: The folder or the archive.
        names: Paths of the images in the order of the folder or archive.
        places: Place of each image in the order of the names.
        bits: Bits in use by the values of grey images with more than 8 bits.
        contents: Properties of the images, in the order of the names.
        broken: Errors of the images whose headers cannot be read.
    """

    path: Path
    names: tuple[PurePosixPath, ...]
    places: tuple[int, ...]
    bits: int
    contents: Contents
    broken: tuple[BrokenImageError, ...] = ()

    def pictures(self) -> Iterator[tuple[int, np.ndarray]]:
        """Place and pixels (C, S, S) of one image after another, in the order of ``names``.

        Raises:
            DataError: Images are unreadable, raised after the last image; or the files have
                changed.
        """
        broken = {error.name: error for error in self.broken}
        side, mode = self.contents.side, "L" if self.contents.channels == 1 else "RGB"
        expected = zip(self.names, self.places, strict=True)
        for member in _members(self.path, Counter()):
            name, place = next(expected, (None, 0))
            if member.name != name:
                raise self._changed()
            if str(name) in broken:
                continue
            try:
                pixels = square(self.path, member, side, mode, self.bits)
            except BrokenImageError as error:
                broken[error.name] = error
            else:
                yield place, pixels
        if next(expected, None):
            raise self._changed()
        if broken:
            raise broken_images(self.path, list(broken.values()))

    def _changed(self) -> DataError:
        return DataError(
            f"the files in {str(self.path)!r} changed while they were read", hint="Try again."
        )


def find_images(path: Path, resolution: int | None) -> ImageFiles:
    """Find the images of a folder or an archive; they are decoded later, one at a time.

    Args:
        path: Folder, ``.tar`` or ``.zip``.
        resolution: Side of the images; the most common shorter side by default, at most
            :data:`LARGEST`.

    Raises:
        DataError: There are no images, the layout is unknown, or no image is readable.
    """
    skipped: Counter[str] = Counter()
    found: list[tuple[PurePosixPath, Header | None]] = []
    broken: list[BrokenImageError] = []
    for member in _members(path, skipped):
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
    keys = split_and_class(path, names)
    order = sorted(range(len(names)), key=lambda at: str(names[at]))
    classes = sorted({label for _, label in keys})
    index = {label: number for number, label in enumerate(classes)}
    headers = [head for _, head in (found[at] for at in order) if head is not None]
    usual = usual_side(headers)
    contents = Contents(
        labels=tuple(index[keys[at][1]] for at in order),
        splits=tuple(SPLITS.index(keys[at][0]) if keys[at][0] else -1 for at in order),
        classes=tuple(classes),
        channels=1 if all(head.grey for head in headers) else 3,
        side=resolution or min(usual, LARGEST),
        usual_side=usual,
        sizes=sizes_of(headers),
        skipped=dict(skipped),
    )
    places = [0] * len(order)
    for place, at in enumerate(order):
        places[at] = place
    bits = max(head.bits for head in headers)
    return ImageFiles(path, tuple(names), tuple(places), bits, contents, tuple(broken))


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


def _members(path: Path, skipped: Counter[str]) -> Iterator[Member]:
    return (folder_members if path.is_dir() else archive_members)(path, skipped)
