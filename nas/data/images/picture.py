"""One picture: its header and its pixels."""

from __future__ import annotations

import struct
import warnings
import zlib
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from nas.data.images.member import FORMATS
from nas.errors import BrokenImageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nas.data.images.member import Member

_TURNED = frozenset({5, 6, 7, 8})
"""Exif orientations that exchange width and height."""
_GREY = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N"})
_MOST_PIXELS = 2**30 // 12
"""Largest number of pixels to decode; Pillow takes larger images for decompression bombs."""
_MOST_VALUE = 2**16 - 1
"""Largest value of a grey pixel; larger ones and negative ones would be clipped."""
_LARGE = 2**22
"""Pixels of a JPEG from a camera; larger ones are decoded at a reduced size."""
_OVERSAMPLING = 2
"""Least ratio of this reduced size to the resolution, so that pixels are averaged."""
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""Exceptions that Pillow raises for damaged files."""


class Header(NamedTuple):
    """The properties of an image that are known before it is decoded.

    Attributes:
        grey: Whether the image has no colours.
        width: Width after the rotation in its metadata.
        height: Height after this rotation.
        bits: Bits in use by the values of a grey image with more than 8 bits; else 8.
        frames: Whether it is animated or has several pages, of which the first is read.
    """

    grey: bool
    width: int
    height: int
    bits: int
    frames: bool = False

    @property
    def side(self) -> int:
        """The shorter side."""
        return min(self.width, self.height)


@contextmanager
def _opened(path: Path, member: Member) -> Iterator[Image.Image]:
    """A picture of the folder or archive at ``path``, closed after the block.

    Raises:
        BrokenImageError: The picture cannot be decoded; the message names it.
    """
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # about doubtful metadata and many pixels
            member.open() as file,
            Image.open(file, formats=_formats()) as image,
        ):
            yield image
    except _DAMAGE as error:
        raise BrokenImageError(str(member.name), str(path), _reason(error)) from None


def _reason(error: Exception) -> str:
    """The cause of an exception from Pillow, in words."""
    if isinstance(error, UnidentifiedImageError):
        return "its format is unknown"
    if isinstance(error, Image.DecompressionBombError):  # at twice as many, while it is opened
        return f"expected at most {_MOST_PIXELS:,} pixels, got more than twice as many"
    return str(error) or type(error).__name__


@cache
def _formats() -> tuple[str, ...]:
    """The accepted formats that the installed Pillow reads; before 11.3 it had no AVIF."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def header(path: Path, member: Member) -> Header:
    """The header of an image; only grey images with more than 8 bits are decoded for it.

    Raises:
        BrokenImageError: The file is no picture.
    """
    with _opened(path, member) as image:
        bits = 8
        if image.mode.startswith("I"):
            bits = max(8, int(_sixteen_bits(_decoded(image)).max()).bit_length())
        width, height = image.size[::-1] if _lies_on_its_side(image) else image.size
        return Header(image.mode in _GREY, width, height, bits, _has_frames(image))


def _has_frames(image: Image.Image) -> bool:
    """Whether an image has several frames; a photograph with its preview (MPO) is a single one."""
    with suppress(*_DAMAGE):
        return image.format != "MPO" and bool(getattr(image, "is_animated", False))
    return False


def _lies_on_its_side(image: Image.Image) -> bool:
    """Whether the metadata of an image ask for a rotation by 90 degrees."""
    with suppress(*_DAMAGE):
        return image.getexif().get(ExifTags.Base.Orientation, 1) in _TURNED
    return False


def square(path: Path, member: Member, side: int, mode: str, bits: int = 16) -> np.ndarray:
    """The central square of an image at a given resolution: (C, side, side) bytes.

    Args:
        path: Folder or archive, for messages.
        member: The image.
        side: Height and width of the result.
        mode: ``L`` (C = 1) or ``RGB`` (C = 3).
        bits: Bits in use by the values of grey images with more than 8 bits; the upper 8 are kept.

    Raises:
        BrokenImageError: The image cannot be decoded.
    """
    with _opened(path, member) as picture:
        if picture.width * picture.height > _LARGE:
            picture.draft(None, (_OVERSAMPLING * side, _OVERSAMPLING * side))  # only JPEG can
        return squared(_decoded(picture), side, mode, bits)


def squared(picture: Image.Image, side: int, mode: str, bits: int = 16) -> np.ndarray:
    """The central square of a decoded image; see :func:`square`.

    Raises:
        ValueError: Its values cannot be taken as bytes.
    """
    image = _eight_bits(_central(picture), bits).convert(mode)
    if image.size != (side, side):
        image = image.resize((side, side), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return np.ascontiguousarray(pixels[None] if mode == "L" else pixels.transpose(2, 0, 1))


def _decoded(image: Image.Image) -> Image.Image:
    """The decoded image after the rotation in its metadata.

    Raises:
        ValueError: The image has too many pixels.
    """
    pixels = image.width * image.height
    if pixels > _MOST_PIXELS:
        raise ValueError(f"expected at most {_MOST_PIXELS:,} pixels, got {pixels:,}")
    image.load()
    with suppress(*_DAMAGE):  # the metadata may be damaged although the pixels are not
        ImageOps.exif_transpose(image, in_place=True)
    return image


def _central(image: Image.Image) -> Image.Image:
    """The central square of an image."""
    short = min(image.size)
    if image.size == (short, short):
        return image
    left, top = ((size - short) // 2 for size in image.size)
    return image.crop((left, top, left + short, top + short))


def _eight_bits(image: Image.Image, bits: int) -> Image.Image:
    """An image that converts to ``L`` and ``RGB`` without saturation or warnings."""
    if image.mode == "F":
        raise ValueError("expected 8 or 16 bits a channel, got floating point numbers")
    if image.mode.startswith("I"):
        return Image.fromarray((_sixteen_bits(image) >> (bits - 8)).astype(np.uint8))
    return image.convert("RGBA") if image.mode in ("P", "PA") else image


def _sixteen_bits(image: Image.Image) -> np.ndarray:
    """Values of a grey image with more than 8 bits (H, W).

    Raises:
        ValueError: Some are negative or need more than 16 bits.
    """
    values = np.asarray(image)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > _MOST_VALUE:
        raise ValueError(f"expected values from 0 to {_MOST_VALUE:,}, got {low:,} to {high:,}")
    return values
