"""Notes on how images were read, and the error for broken ones."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from nas.data.images.member import skipped_files
from nas.data.images.stored_images import StoredImages
from nas.errors import BrokenImageError, DataError, counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from nas.data.images.contents import Contents
    from nas.data.images.picture import Header
    from nas.data.images.stored_images import Images

_NAMED = 10
"""Largest number of broken images that a message names."""


def sizes_of(headers: Iterable[Header]) -> dict[str, int]:
    """Number of images by width and height, the most frequent size first."""
    counts = Counter(f"{head.width}x{head.height}" for head in headers)
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))


def reading_notes(contents: Contents, *, asked: bool) -> list[str]:
    """Notes on skipped files, frames that are not read, and shapes.

    Args:
        contents: Properties of the images.
        asked: Whether the user has chosen the resolution.
    """
    notes = []
    if contents.skipped:
        notes.append(f"{skipped_files(contents.skipped)}.")
    if contents.frames:
        files = counted(contents.frames, "image")
        notes.append(f"{files} with several frames or pages: the first of each is read.")
    notes += shape_notes(contents.sizes, contents.side, contents.usual_side, asked=asked)
    return notes


def place_notes(images: Images) -> list[str]:
    """A note on images that stay in a file."""
    if not isinstance(images, StoredImages):
        return []
    size, side = math.prod(images.shape) / 1e9, images.shape[-1]
    return [
        f"The images take {size:,.1f} GB at {side}x{side} pixels, more than a quarter of the "
        f"memory: they are read from {str(images.file)!r} when they are needed."
    ]


def shape_notes(sizes: Mapping[str, int], side: int, usual_side: int, *, asked: bool) -> list[str]:
    """Notes on images that are cropped, and on those that are read at a smaller size.

    Args:
        sizes: Number of images by size, from :func:`sizes_of`.
        side: Height and width at which the images are read.
        usual_side: Most common shorter side of the files.
        asked: Whether the user has chosen the side.

    Example:
        >>> shape_notes({"500x375": 9, "375x375": 1}, 375, 375, asked=False)
        ['9 of 10 images are not square: 500x375 images are cropped to 375x375.']
    """
    notes = []
    oblong = {size: count for size, count in sizes.items() if len(set(size.split("x"))) == 2}
    if oblong:
        count, total = sum(oblong.values()), sum(sizes.values())
        size = next(iter(oblong))
        short = min(map(int, size.split("x")))
        resized = f" and resized to {side}x{side}" if side != short else ""
        notes.append(
            f"{count:,} of {total:,} images are not square: {size} images are cropped to "
            f"{short}x{short}{resized}."
        )
    if not asked and side < usual_side:
        notes.append(
            f"The images are read at {side} pixels, but most of them have {usual_side:,}; "
            "--resolution, in Python resolution=..., reads more."
        )
    return notes


def broken_images(path: Path, broken: Sequence[BrokenImageError]) -> DataError:
    """One error for all broken images of a folder or an archive."""
    if len(broken) == 1:
        return broken[0]
    by_name = sorted(broken, key=lambda error: error.name)
    listed = ", ".join(f"{error.name!r} ({error.reason})" for error in by_name[:_NAMED])
    more = f" and {len(broken) - _NAMED:,} more" if len(broken) > _NAMED else ""
    return DataError(
        f"cannot read {len(broken):,} images in {str(path)!r}: {listed}{more}",
        hint="Remove or replace them.",
    )
