"""The decoded images of a source, kept in a cache."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import __version__ as pillow

from nas.data.images.contents import Contents
from nas.data.images.image_files import find_images
from nas.data.images.memory import check_memory, is_large
from nas.data.images.stored_images import StoredImages
from nas.errors import DataError
from nas.files import locked, remove_lock, write_text

if TYPE_CHECKING:
    from nas.data.images.image_files import ImageFiles
    from nas.data.images.image_source import ImageSource
    from nas.data.images.stored_images import Images

_VERSION = 3
"""Version of cached contents; increased when the same files give other contents."""
_STEP = 1000
"""Number of images after which it is noted how many are complete."""
_TUPLES = ("names", "labels", "splits", "classes")


@dataclass(frozen=True, eq=False)
class ImageTable:
    """Decoded images.

    Attributes:
        images: Pixels as bytes, (n, C, S, S); a map of the file in the cache, if they are there.
        contents: Properties of the images.
    """

    images: np.ndarray
    contents: Contents

    def for_use(self) -> Images:
        """The images for a data set: if they are large, and in the cache, they stay there."""
        if isinstance(self.images, np.memmap) and is_large(self.contents.shape):
            return StoredImages(
                Path(str(self.images.filename)),
                self.images.offset,
                self.contents.shape[1:],
                len(self.images),
                torch.arange(len(self.images)),
            )
        return torch.from_numpy(self.images)


def read_table(source: ImageSource, resolution: int | None) -> ImageTable:
    """Decode all images into the cache, or take them from that of an earlier call.

    Raises:
        DataError: There are no images, an image is unreadable, or all of them together fit neither
            into the cache nor into memory.
    """
    cached = _cache_file(source, resolution)
    table = _read_cache(cached)
    if table is not None:
        return table
    files = find_images(source, resolution)
    return _write_cache(cached, files) or _in_memory(files)


def _in_memory(files: ImageFiles) -> ImageTable:
    check_memory(files.source.path, files.contents.shape)
    images = np.empty(files.contents.shape, dtype=np.uint8)
    for _, place, pixels in files.pictures():
        images[place] = pixels
    return ImageTable(images, files.contents)


def _cache_file(source: ImageSource, resolution: int | None) -> Path:
    """Path in the cache without suffix; its name depends on the files and on all settings."""
    root = Path(os.environ.get("NAS_CACHE_DIR") or Path.home() / ".cache" / "nas")
    digest = hashlib.blake2b(f"{(_VERSION, pillow, resolution)}".encode(), digest_size=16)
    for text in source.stamps():
        digest.update(os.fsencode(text) + b"\0")
    return root / f"images-{digest.hexdigest()}"


def _read_cache(file: Path) -> ImageTable | None:
    """The contents of the cache; None if there are none or they are damaged."""
    try:
        facts = json.loads(file.with_suffix(".json").read_text())
        contents = Contents(**{**facts, **{name: tuple(facts[name]) for name in _TUPLES}})
        images = np.load(file.with_suffix(".npy"), mmap_mode="c", allow_pickle=False)
        if (images.shape, images.dtype) == (contents.shape, np.uint8):
            return ImageTable(images, contents)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, RecursionError):
        pass
    return None


def _write_cache(file: Path, files: ImageFiles) -> ImageTable | None:
    """Decode images into the cache; if that is interrupted, the next call goes on.

    Returns:
        The cached images; None if the cache has no room or cannot be written, which is no error.
    """
    lock = file.with_suffix(".lock")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with locked(lock, wait=True):
            try:
                if _read_cache(file) is None:  # else another process has just written it
                    _prepare(file, files)
            finally:
                remove_lock(lock)
    except OSError:
        return None
    return _read_cache(file)


def _prepare(file: Path, files: ImageFiles) -> None:
    """Decode images into a file; what is complete is noted beside it from time to time.

    Raises:
        DataError: An image is unreadable, or the files have changed.
        OSError: There is no room, or the file cannot be written.
    """
    part, progress = file.with_suffix(".part"), file.with_suffix(".progress")
    size = math.prod(files.contents.shape[1:])
    start = _complete(part, progress)
    if not start:
        progress.unlink(missing_ok=True)  # that of an earlier file says nothing about a new one
    if shutil.disk_usage(file.parent).free < size * (len(files.names) - start):
        raise OSError("there is no room for the images")
    try:
        with part.open("r+b" if start else "wb") as content:
            head = {"descr": "|u1", "fortran_order": False, "shape": files.contents.shape}
            np.lib.format.write_array_header_1_0(content, head)
            first = content.tell()
            for written, (number, place, pixels) in enumerate(files.pictures(start), start + 1):
                content.seek(first + place * size)
                content.write(pixels.data)
                if written % _STEP == 0 and written == number + 1:  # no image was unreadable
                    content.flush()
                    os.fsync(content.fileno())
                    write_text(progress, str(written))
        part.replace(file.with_suffix(".npy"))
        # last, so that it implies both files
        write_text(file.with_suffix(".json"), json.dumps(asdict(files.contents)))
    except (DataError, OSError):
        part.unlink(missing_ok=True)
        raise
    finally:
        if not part.exists():
            progress.unlink(missing_ok=True)


def _complete(part: Path, progress: Path) -> int:
    """Number of images that an interrupted call has written."""
    try:
        return int(progress.read_text()) if part.exists() else 0
    except (OSError, ValueError):
        return 0
