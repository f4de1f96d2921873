"""The arrays of a ``.npz`` file."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np

from nas.allocator import memory
from nas.data.formats.names import ARRAY
from nas.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, LookupError),
    *(MemoryError, NotImplementedError, OverflowError, RuntimeError, SyntaxError),
    *(TypeError, ValueError),
)


def read_npz(path: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Some arrays of a ``.npz`` file; nothing in it is executed.

    Args:
        path: The file.
        names: Names of the arrays to read.

    Raises:
        DataError: The file is damaged, holds Python objects, or does not fit into memory.
    """
    _check_memory(path, names)
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in names}
            broken = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
            if broken:
                raise ValueError(f"{broken[0]!r} is no array")
            return arrays
    except _DAMAGE as error:
        objects = "allow_pickle" in str(error)
        reason = "it holds Python objects, which are not read" if objects else error
        raise DataError(
            f"cannot read {str(path)!r}: {reason}",
            hint="Write plain arrays of numbers: np.savez(file, x=np.stack(images), y=labels)."
            if objects
            else "Write it again with np.savez.",
        ) from None


def _check_memory(path: Path, names: Collection[str]) -> None:
    """Raise unless the arrays fit into the memory of the machine."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(
            f"cannot read {str(path)!r}: {error}", hint="Write it again with np.savez."
        ) from None
    needed, there = sum(sizes.get(f"{name}{ARRAY}", 0) for name in names), memory()
    if needed > there:
        raise DataError(
            f"the arrays in {str(path)!r} take {needed / 1e9:,.1f} GB of memory, this machine has "
            f"{there / 1e9:,.1f} GB",
            hint="Write bytes (uint8) or smaller images.",
        )
