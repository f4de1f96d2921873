"""Arrays of images in bytes, channels first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHANNELS = (1, 3, 4)
"""Grey, colours, and colours with transparency, which is dropped."""
_MOST = 255
_MOST_SIXTEEN = 2**16 - 1


def channels_first(path: Path | str, name: str, images: np.ndarray) -> np.ndarray:
    """Images (N, H, W), (N, H, W, C) or (N, C, H, W) as (N, C, H, W), where C is 1 or 3.

    Args:
        path: The file, for messages.
        name: Name of the array, for messages.
        images: The images; of four channels the fourth, transparency, is dropped.

    Raises:
        DataError: They have another shape, or one that is ambiguous.
    """
    shape = images.shape
    if images.ndim == 3:
        return images[:, None]
    last = images.ndim == 4 and shape[3] in _CHANNELS
    first = images.ndim == 4 and shape[1] in _CHANNELS
    if last and first:  # the images are square, if that decides
        last, first = shape[1] == shape[2] != shape[3], shape[2] == shape[3] != shape[1]
    if last == first:
        raise DataError(
            f"{name!r} in {str(path)!r} has the shape {shape}, expected images (N, H, W), "
            "(N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels",
            hint="Reshape the array before it is saved.",
        )
    planes = images if first else images.transpose(0, 3, 1, 2)
    return planes[:, :3]


def in_bytes(path: Path | str, parts: Sequence[np.ndarray]) -> tuple[np.ndarray, list[str]]:
    """All images as bytes, and a note on how they were scaled.

    The largest value of all decides: up to 1 it is white, up to 255 values are taken as they are,
    and of larger whole numbers the upper 8 of the bits in use are kept.

    Args:
        path: The file, for messages.
        parts: Arrays of one shape but for their lengths.

    Raises:
        DataError: A value is negative, too large, not finite or no number.
    """
    if not {part.dtype.kind for part in parts} <= set("biuf"):
        raise DataError(f"{str(path)!r} has images that are no numbers: {parts[0].dtype}")
    low, high = (float(edge([edge(part) for part in parts])) for edge in (np.min, np.max))
    whole = all(part.dtype.kind != "f" for part in parts)
    if not 0 <= low <= high <= (_MOST_SIXTEEN if whole else _MOST):
        raise DataError(
            f"{str(path)!r} has images with values from {low:g} to {high:g}, expected 0 to 1, "
            "0 to 255, or whole numbers of 16 bits",
            hint="Save images before they are normalised: networks normalise by themselves.",
        )
    notes: list[str] = []
    scaled: list[np.ndarray]
    if high <= 1:
        notes = [f"Values from {low:g} to {high:g} are scaled: 1 becomes {_MOST}."]
        scaled = [np.round(part * np.float32(_MOST)) for part in parts]
    elif high > _MOST:
        bits = int(high).bit_length()
        notes = [f"Of values up to {high:,.0f} the upper 8 of {bits} bits are kept."]
        scaled = [part >> (bits - 8) for part in parts]
    else:
        scaled = [np.round(part) for part in parts]
    return np.concatenate([part.astype(np.uint8) for part in scaled]), notes
