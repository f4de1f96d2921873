"""One picture: what it is, and its pixels."""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nas.data.archive import Member

_GREY = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N"})


@contextmanager
def opened(path: Path, member: Member) -> Iterator[Image.Image]:
    """A picture of the folder or archive at ``path``, closed in the end.

    Raises:
        DataError: It cannot be decoded; the message names it.
    """
    try:
        with Image.open(BytesIO(member.read())) as image:
            yield image
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "its format is unknown" if unknown else error
        raise DataError(
            f"cannot read the image {str(member.name)!r} in {str(path)!r}: {reason}",
            hint="Remove or replace it.",
        ) from None


def header(path: Path, member: Member) -> tuple[bool, tuple[int, int]]:
    """Whether an image is grey, and its size, without decoding it.

    Raises:
        DataError: It is no picture.
    """
    with opened(path, member) as image:
        return image.mode in _GREY, image.size


def square(path: Path, member: Member, side: int, mode: str) -> np.ndarray:
    """The central square of an image at a resolution: (C, side, side) bytes.

    Args:
        path: Folder or archive, for messages.
        member: The image.
        side: Height and width of the result.
        mode: ``L`` (C = 1) or ``RGB`` (C = 3).

    Raises:
        DataError: It cannot be decoded.
    """
    with opened(path, member) as picture:
        image = _eight_bits(picture).convert(mode)
    if image.size != (side, side):
        short = min(image.size)
        left, top = ((size - short) // 2 for size in image.size)
        image = image.crop((left, top, left + short, top + short))
        image = image.resize((side, side), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return np.ascontiguousarray(pixels[None] if mode == "L" else pixels.transpose(2, 0, 1))


def _eight_bits(image: Image.Image) -> Image.Image:
    """An image that converts to ``L`` and ``RGB`` without saturation and without warnings."""
    if image.mode == "F":
        raise ValueError("expected 8 or 16 bits a channel, got floating point numbers")
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image).clip(0, 65535) // 256).astype(np.uint8))
    return image.convert("RGBA") if image.mode in ("P", "PA") else image
