"""The images of a folder or an archive: what they are, and their pixels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.data.images.archive import archive_members
from nas.data.images.folder import folder_members
from nas.data.images.layout import LAYOUT, SPLITS, split_and_class
from nas.data.images.member import skipped_files
from nas.data.images.picture import header, square
from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path, PurePosixPath

    import numpy as np

    from nas.data.images.member import Member

LARGEST = 224
"""Side of the images unless another one is asked for; smaller where they are smaller."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What is known of images before they are decoded.

    Attributes:
        labels: Class index of each image, in the order of their names.
        splits: Index of each into :data:`nas.data.images.layout.SPLITS`, -1 where there are none.
        classes: Names of their folders.
        channels: 1 if all of them are grey, else 3.
        side: Height and width they are decoded to.
        usual_side: Most common shorter side of the files.
        skipped: Files that are no images, by kind.
    """

    labels: tuple[int, ...]
    splits: tuple[int, ...]
    classes: tuple[str, ...]
    channels: int
    side: int
    usual_side: int
    skipped: Mapping[str, int]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of all images: (n, C, S, S)."""
        return len(self.labels), self.channels, self.side, self.side


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """The image files of a folder or an archive.

    Attributes:
        path: Where they are.
        names: Of the images, as they lie there.
        places: Where each of them stands in the order of their names.
        bits: What the values of grey images with more than 8 bits take.
        contents: What the images are, in the order of their names.
    """

    path: Path
    names: tuple[PurePosixPath, ...]
    places: tuple[int, ...]
    bits: int
    contents: Contents

    def pictures(self) -> Iterator[tuple[int, np.ndarray]]:
        """Place and pixels (C, S, S) of one image after another, as they lie there.

        Raises:
            DataError: An image is unreadable, or the files are others than before.
        """
        side, mode = self.contents.side, "L" if self.contents.channels == 1 else "RGB"
        expected = zip(self.names, self.places, strict=True)
        for member in _members(self.path, Counter()):
            name, place = next(expected, (None, 0))
            if member.name != name:
                raise self._changed()
            yield place, square(self.path, member, side, mode, self.bits)
        if next(expected, None):
            raise self._changed()

    def _changed(self) -> DataError:
        return DataError(
            f"the files in {str(self.path)!r} changed while they were read", hint="Try again."
        )


def find_images(path: Path, resolution: int | None) -> ImageFiles:
    """What the images of a folder or an archive are; they are decoded later, one at a time.

    Args:
        path: Folder, ``.tar`` or ``.zip``.
        resolution: Side of the images; the most common shorter side by default, at most
            :data:`LARGEST`.

    Raises:
        DataError: There is nothing to read, the layout is another one, or an image is unreadable.
    """
    skipped: Counter[str] = Counter()
    found = [(member.name, header(path, member)) for member in _members(path, skipped)]
    if not found:
        left = f"; {skipped_files(skipped)}" if skipped else ""
        raise DataError(
            f"expected images of two or more classes in {str(path)!r}, found 0 images{left}",
            hint=LAYOUT,
        )
    names, headers = [name for name, _ in found], [head for _, head in found]
    keys = split_and_class(path, names)
    order = sorted(range(len(names)), key=lambda at: str(names[at]))
    classes = sorted({label for _, label in keys})
    index = {label: number for number, label in enumerate(classes)}
    usual = Counter(headers[at].side for at in order).most_common(1)[0][0]
    contents = Contents(
        labels=tuple(index[keys[at][1]] for at in order),
        splits=tuple(SPLITS.index(keys[at][0]) if keys[at][0] else -1 for at in order),
        classes=tuple(classes),
        channels=1 if all(head.grey for head in headers) else 3,
        side=resolution or min(usual, LARGEST),
        usual_side=usual,
        skipped=dict(skipped),
    )
    places = [0] * len(order)
    for place, at in enumerate(order):
        places[at] = place
    bits = max(head.bits for head in headers)
    return ImageFiles(path, tuple(names), tuple(places), bits, contents)


def _members(path: Path, skipped: Counter[str]) -> Iterator[Member]:
    return (folder_members if path.is_dir() else archive_members)(path, skipped)
