"""The decoded images of a source, kept in a cache."""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import __version__ as pillow

from nas.data.images.contents import Contents
from nas.data.images.image_files import find_images
from nas.data.images.memory import check_memory
from nas.files import scratch_folder

if TYPE_CHECKING:
    from nas.data.images.image_files import ImageFiles
    from nas.data.images.image_source import ImageSource

_VERSION = 3
"""Version of cached contents; increased when the same files give other contents."""
_TUPLES = ("names", "labels", "splits", "classes")


@dataclass(frozen=True, eq=False)
class ImageTable:
    """Decoded images.

    Attributes:
        images: Pixels as bytes, (n, C, S, S); read from the cache on use.
        contents: Properties of the images.
    """

    images: np.ndarray
    contents: Contents


def read_table(source: ImageSource, resolution: int | None) -> ImageTable:
    """Decode all images, or take them from the cache of an earlier call.

    Raises:
        DataError: There are no images, an image is unreadable, or all of them together do not fit
            into memory.
    """
    cached = _cache_file(source, resolution)
    table = _read_cache(cached)
    if table is not None:
        check_memory(source.path, table.contents.shape)
        return table
    files = find_images(source, resolution)
    check_memory(source.path, files.contents.shape)
    return _write_cache(cached, files) or _in_memory(files)


def _in_memory(files: ImageFiles) -> ImageTable:
    images = np.empty(files.contents.shape, dtype=np.uint8)
    for place, pixels in files.pictures():
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
    """Decode images into the cache, whole or not at all.

    Returns:
        The cached images; None if the cache cannot be written, which is not an error.
    """
    shape = files.contents.shape
    try:
        with scratch_folder(file.parent) as scratch:
            images, facts = scratch / "images.npy", scratch / "contents.json"
            with images.open("wb") as content:
                head = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(content, head)
                start, size = content.tell(), math.prod(shape[1:])
                for place, pixels in files.pictures():
                    content.seek(start + place * size)
                    content.write(pixels.data)
            facts.write_text(json.dumps(asdict(files.contents)))
            images.replace(file.with_suffix(".npy"))
            facts.replace(file.with_suffix(".json"))  # last, so that it implies both files
    except OSError:
        return None
    return _read_cache(file)
