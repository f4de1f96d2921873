"""Whether images fit into the memory of this machine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nas.allocator import memory
from nas.errors import DataError, counted

if TYPE_CHECKING:
    from pathlib import Path


def is_large(shape: tuple[int, int, int, int]) -> bool:
    """Whether images (n, C, S, S) take more than a quarter of the memory: they stay in a file."""
    return math.prod(shape) > memory() / 4


def check_memory(path: Path | str, shape: tuple[int, int, int, int]) -> None:
    """Raise unless the memory of the machine holds all images at once, as a search does.

    Args:
        path: Where the images are, for messages.
        shape: Of all images together, (n, C, S, S); one byte a value.

    Raises:
        DataError: It does not; the message states the resolution at which it would.
    """
    needed, there = math.prod(shape), memory()
    if needed <= there:
        return
    images, _, side, _ = shape
    fits = max(1, int(side * math.sqrt(there / 2 / needed)))  # in half, and the rest to train
    raise DataError(
        f"the {counted(images, 'image')} in {str(path)!r} take {needed / 1e9:,.1f} GB of memory "
        f"at {side}x{side} pixels, this machine has {there / 1e9:,.1f} GB",
        hint=f"Read them smaller: --resolution {fits}, in Python resolution={fits}. Image files "
        "need no such memory where NAS_CACHE_DIR names a folder with room for them.",
    )
