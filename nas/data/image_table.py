"""The decoded images of a folder or an archive, kept in a cache."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nas.data.archive import Member, image_files, image_members
from nas.data.picture import header, square
from nas.errors import DataError

if TYPE_CHECKING:
    from pathlib import PurePosixPath

SPLITS = ("train", "val", "test")
LAYOUT = "Lay images out as train/<class>/*.png, or as <class>/*.png to be split by seed."
_VAL_NAMES = {"valid": "val", "validation": "val"}


@dataclass(frozen=True, eq=False)
class ImageTable:
    """Decoded images.

    Attributes:
        images: (n, C, S, S) bytes.
        labels: (n,) class indices.
        splits: (n,) index into ``SPLITS``, or -1 where the folder has no splits.
        classes: Class names.
    """

    images: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    classes: tuple[str, ...]


def read_table(path: Path, resolution: int | None) -> ImageTable:
    """Decode all images, or take them from the cache of an earlier call.

    Raises:
        DataError: There is nothing to read, or an image is unreadable.
    """
    if not path.exists():
        raise DataError(
            f"no data at {str(path)!r}; expected a folder or archive of images", hint=LAYOUT
        )
    cached = _cache_file(path, resolution)
    try:
        with np.load(cached, allow_pickle=False) as arrays:
            return ImageTable(
                arrays["images"],
                arrays["labels"],
                arrays["splits"],
                tuple(arrays["classes"].tolist()),
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        table = _decode(path, resolution)
    _write_cache(cached, table)
    return table


def _decode(path: Path, resolution: int | None) -> ImageTable:
    members = image_members(path)
    keys = [_split_and_class(member.name) for member in members]
    classes = sorted({label for _, label in keys})
    _check_layout(path, members, keys, classes)
    headers = [header(path, member) for member in members]
    side = resolution or Counter(min(size) for _, size in headers).most_common(1)[0][0]
    mode = "L" if all(grey for grey, _ in headers) else "RGB"
    index = {label: number for number, label in enumerate(classes)}
    return ImageTable(
        np.stack([square(path, member, side, mode) for member in members]),  # (n, C, S, S)
        np.array([index[label] for _, label in keys]),
        np.array([SPLITS.index(part) if part else -1 for part, _ in keys]),
        tuple(classes),
    )


def _split_and_class(member: PurePosixPath) -> tuple[str, str]:
    """``("train", "cat")`` of ``any/train/cat/1.png``; no split of ``cat/1.png``."""
    folders = member.parts[:-1]
    for position in range(len(folders) - 2, -1, -1):
        name = folders[position].lower()
        part = _VAL_NAMES.get(name, name)
        if part in SPLITS:
            return part, folders[position + 1]
    return "", folders[-1] if folders else ""


def _check_layout(
    path: Path, members: list[Member], keys: list[tuple[str, str]], classes: list[str]
) -> None:
    """Raise unless every image stands in a class folder, and all or none of them in a split.

    Raises:
        DataError: The layout is another one; the message names the first image that tells.
    """
    parts = {part for part, _ in keys}
    for member, (part, label) in zip(members, keys, strict=True):
        if not label or (not part and parts != {""}):
            place = "no class folder" if not label else "none of train/, val/ and test/"
            raise DataError(
                f"{str(member.name)!r} in {str(path)!r} stands in {place}", hint=LAYOUT
            )
    if len(classes) < 2 or (parts == {""} and set(classes) <= set(SPLITS)):
        raise DataError(
            f"expected images of two or more classes in {str(path)!r}, found {len(members)} "
            f"images{f' of {classes}' if classes else ''}",
            hint=LAYOUT,
        )


def _cache_file(path: Path, resolution: int | None) -> Path:
    """A file named after where the data is and when and how it last changed."""
    root = Path(os.environ.get("NAS_CACHE_DIR") or Path.home() / ".cache" / "nas")
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(image_files(path)) if path.is_dir() else [path]:
        status = file.stat()
        digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    digest.update(f"{path.resolve()}\0{resolution}".encode())
    return root / f"images-{digest.hexdigest()}.npz"


def _write_cache(file: Path, table: ImageTable) -> None:
    """Write whole or not at all; a cache that cannot be written is not an error."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
            part = Path(scratch) / file.name
            np.savez(
                part,
                images=table.images,
                labels=table.labels,
                splits=table.splits,
                classes=np.array(table.classes),
            )
            part.replace(file)
    except OSError:
        return
