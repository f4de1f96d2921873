"""Folders and archives of images, one folder for each class."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from nas.data.dataset import Dataset, make_dataset, stratified
from nas.errors import DataError
from nas.seeding import generator

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".tif", ".tiff"})
SPLITS = ("train", "val", "test")
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


def load_images(
    path: Path,
    *,
    name: str | None = None,
    seed: int = 0,
    resolution: int | None = None,
    flip: bool = True,
) -> Dataset:
    """A data set from ``train/<class>/*`` with optional ``val`` and ``test``, or ``<class>/*``.

    What is missing is split off by seed, in equal shares of each class: 20 % of the images for a
    missing test split, then 10 % of the training images for a missing validation split.

    Args:
        path: Folder, ``.tar`` (any compression) or ``.zip``.
        name: Name of the data set; the file's by default.
        seed: Of the split.
        resolution: Side of the images; the most common shorter side by default.
        flip: Whether a mirrored image keeps its class.

    Raises:
        DataError: There is nothing to read, or an image is unreadable.
    """
    table = read_table(path, resolution)
    labels = torch.from_numpy(table.labels)
    split = torch.from_numpy(table.splits)
    draw = generator(seed, "split")

    def divide(indices: torch.Tensor, fraction: float) -> tuple[torch.Tensor, torch.Tensor]:
        kept, taken = stratified(labels[indices], (1 - fraction, fraction), draw)
        return indices[kept], indices[taken]

    train, val, test = ((split == part).nonzero().flatten() for part in range(3))
    if not len(train):
        train = (split == -1).nonzero().flatten()
    if not len(test):
        train, test = divide(train, 0.2)
    if not len(val):
        train, val = divide(train, 0.1)
    for part, indices in zip(SPLITS, (train, val, test), strict=True):
        if not len(indices):
            raise DataError(
                f"{str(path)!r} leaves no image for the {part} split",
                hint="Give at least ten images for each class.",
            )
    return make_dataset(
        name or path.name.split(".")[0],
        torch.from_numpy(table.images),
        labels,
        classes=len(table.classes),
        parts=(train, val, test),
        flip=flip,
    )


def read_table(path: Path, resolution: int | None) -> ImageTable:
    """Decode all images, or take them from the cache of an earlier call.

    Raises:
        DataError: There is nothing to read, or an image is unreadable.
    """
    if not path.exists():
        raise DataError(f"no data at {str(path)!r}; expected a folder or archive of images")
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
    images: list[Image.Image] = []
    keys: list[tuple[str, str]] = []
    for member, stream in sorted(_members(path), key=lambda pair: pair[0]):
        try:
            with Image.open(stream) as image:
                images.append(image.convert("L" if image.mode in ("1", "L") else "RGB"))
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            raise DataError(
                f"cannot read the image {member!r} in {str(path)!r}: {error}"
            ) from None
        keys.append(_split_and_class(PurePosixPath(member)))
    classes = sorted({label for _, label in keys})
    if len(classes) < 2:
        raise DataError(
            f"expected images of two or more classes in {str(path)!r}, found {len(images)} images "
            f"of {len(classes)}",
            hint="Lay them out as train/<class>/*.png or <class>/*.png.",
        )
    side = resolution or Counter(min(image.size) for image in images).most_common(1)[0][0]
    mode = "L" if all(image.mode == "L" for image in images) else "RGB"
    arrays = np.stack([_square(image, side, mode) for image in images])  # (n, C, S, S)
    index = {label: number for number, label in enumerate(classes)}
    return ImageTable(
        arrays,
        np.array([index[label] for _, label in keys]),
        np.array([SPLITS.index(part) if part else -1 for part, _ in keys]),
        tuple(classes),
    )


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Names relative to the root, and contents, of all images."""
    if path.is_dir():
        for file in path.rglob("*"):
            if file.suffix.lower() in SUFFIXES:
                yield file.relative_to(path).as_posix(), BytesIO(file.read_bytes())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if PurePosixPath(info.filename).suffix.lower() in SUFFIXES:
                    yield info.filename, BytesIO(archive.read(info))
    else:
        yield from _tar_members(path)


def _tar_members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    try:
        with tarfile.open(path, "r|*") as archive:
            for info in archive:
                content = archive.extractfile(info) if info.isfile() else None
                if content and PurePosixPath(info.name).suffix.lower() in SUFFIXES:
                    yield info.name, BytesIO(content.read())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DataError(f"cannot read {str(path)!r} as a .tar or .zip archive: {error}") from None


def _split_and_class(member: PurePosixPath) -> tuple[str, str]:
    """``("train", "cat")`` of ``any/train/cat/1.png``; no split of ``cat/1.png``."""
    folders = member.parts[:-1]
    if not folders:
        raise DataError(
            f"the image {str(member)!r} stands in no class folder",
            hint="Lay images out as train/<class>/*.png or <class>/*.png.",
        )
    above = folders[-2].lower() if len(folders) > 1 else ""
    part = _VAL_NAMES.get(above, above)
    return part if part in SPLITS else "", folders[-1]


def _square(image: Image.Image, side: int, mode: str) -> np.ndarray:
    """The central square at a resolution: (C, side, side) bytes."""
    width, height = image.size
    image = image.convert(mode)
    if (width, height) != (side, side):
        short = min(width, height)
        left, top = (width - short) // 2, (height - short) // 2
        box = (left, top, left + short, top + short)
        image = image.resize((side, side), Image.Resampling.BILINEAR, box=box)
    pixels = np.asarray(image)
    return pixels[None] if mode == "L" else pixels.transpose(2, 0, 1)


def _cache_file(path: Path, resolution: int | None) -> Path:
    """A file named after where the data is and when and how it last changed."""
    root = Path(os.environ.get("NAS_CACHE_DIR") or Path.home() / ".cache" / "nas")
    digest = hashlib.blake2b(digest_size=16)
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        status = file.stat()
        digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    digest.update(f"{path.resolve()}\0{resolution}".encode())
    return root / f"images-{digest.hexdigest()}.npz"


def _write_cache(file: Path, table: ImageTable) -> None:
    """Write whole or not at all; a cache that cannot be written is not an error."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".npz", delete=False) as part:
            np.savez(
                part,
                images=table.images,
                labels=table.labels,
                splits=table.splits,
                classes=np.array(table.classes),
            )
        Path(part.name).replace(file)
    except OSError:
        return
