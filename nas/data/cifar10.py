"""CIFAR-10 (Krizhevsky 2009): 60,000 colour images of 32x32 pixels, 10 classes."""

from __future__ import annotations

import re
import tarfile
import zlib
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from nas.data.array_pickle import UNREADABLE, read_pickle
from nas.data.dataset import Dataset, from_images, stratified
from nas.data.images.archive import LARGEST, BoundedTarInfo
from nas.data.images.image_folder import load_images
from nas.errors import DataError
from nas.seeding import generator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRAIN_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
BATCHES = (*TRAIN_BATCHES, "test_batch")
FOLDER = "cifar-10-batches-py"
ARCHIVE = "cifar-10-python.tar.gz"
CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_IMAGES = re.compile(r"cifar-?10(?!\d)", re.IGNORECASE)


def load(data_dir: Path, *, seed: int = 0) -> Dataset:
    """CIFAR-10 from the standard batches or from images.

    A tenth of the training images is the ranking split.

    Args:
        data_dir: Holds ``cifar-10-batches-py/``, ``cifar-10-python.tar.gz``, or an image folder
            or archive whose name begins with ``cifar10`` or ``cifar-10``.
        seed: Of the validation split.

    Raises:
        DataError: None of these is there, or it is damaged.
    """
    folder, archive = data_dir / FOLDER, data_dir / ARCHIVE
    if folder.is_dir():
        return _from_batches(folder, lambda name: (folder / name).read_bytes(), seed)
    if archive.is_file():
        try:
            with tarfile.open(archive, tarinfo=BoundedTarInfo) as content:
                return _from_batches(archive, partial(_member, content), seed)
        except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
            raise _damaged(archive, str(error)) from None
    for path in sorted(data_dir.glob("*")):
        if _IMAGES.match(path.name):
            return load_images(path, name="cifar10", seed=seed)
    raise DataError(
        f"no CIFAR-10 in {str(data_dir)!r} ({str(data_dir.resolve())!r})",
        hint=f"Put {FOLDER}/, {ARCHIVE}, or an image folder or archive named cifar10* there, or "
        "name the right folder with --data-dir or NAS_DATA_DIR.",
    )


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    info = archive.getmember(f"{FOLDER}/{name}")
    if info.size > LARGEST:
        raise ValueError(f"expected at most {LARGEST:,} bytes, got {info.size:,}")
    content = archive.extractfile(info)
    return content.read() if content else b""


def _from_batches(source: Path, read: Callable[[str], bytes], seed: int) -> Dataset:
    images, labels = zip(*(_batch(source, name, read) for name in BATCHES), strict=True)
    trained = sum(map(len, labels[: len(TRAIN_BATCHES)]))
    targets = torch.from_numpy(np.concatenate(labels))
    kept, val = stratified(targets[:trained], (0.9, 0.1), generator(seed, "split"))
    return from_images(
        "cifar10",
        torch.from_numpy(np.concatenate(images)),
        targets,
        classes=10,
        parts=(kept, val, torch.arange(trained, len(targets))),
        flip=True,
        class_names=CLASSES,
    )


def _batch(source: Path, name: str, read: Callable[[str], bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 3, 32, 32) in bytes and labels (n,) of one file."""
    try:
        record = read_pickle(read(name), encoding="bytes")
        labels = np.array(record[b"labels"], dtype=np.int64)
        if not set(labels.tolist()) <= set(range(len(CLASSES))):
            raise ValueError(f"expected labels from 0 to {len(CLASSES) - 1}")
        images = record[b"data"].reshape(len(labels), 3, 32, 32)
        if images.dtype != np.uint8:
            raise ValueError(f"expected bytes, got {images.dtype}")
        return images, labels
    except UNREADABLE as error:
        raise _damaged(source, f"{name}: {error}") from None


def _damaged(source: Path, reason: str) -> DataError:
    return DataError(
        f"cannot read CIFAR-10 from {str(source)!r}: {reason}",
        hint=f"Fetch {ARCHIVE} again; it holds {FOLDER}/ with {', '.join(BATCHES)}.",
    )
