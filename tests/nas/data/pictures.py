"""Small image folders and archives, for tests of data sets."""

from __future__ import annotations

import pickle
import tarfile
import zipfile
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


def paint(path: Path, *, mode: str = "RGB", size: tuple[int, int] = (8, 8), seed: int = 0) -> None:
    """Write a random picture; ``size`` is width and height."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 4), dtype=np.uint8)
    Image.fromarray(pixels).convert("RGB" if mode == "P" else mode).convert(mode).save(path)


def paint_classes(root: Path, each: int, classes: tuple[str, ...] = ("cat", "dog")) -> Path:
    """``<root>/<class>/<number>.png``, ``each`` different pictures of every class."""
    for number, label in enumerate(classes):
        for index in range(each):
            paint(root / label / f"{index:03}.png", seed=hash_seed(root.name, number, index))
    return root


def hash_seed(*keys: object) -> int:
    return int.from_bytes(blake2b(repr(keys).encode(), digest_size=8).digest(), "big")


def pack_tar(folder: Path, archive: Path, mode: str = "w") -> Path:
    with tarfile.open(archive, mode) as file:  # type: ignore[call-overload]
        file.add(folder, folder.name)
    return archive


def pack_zip(folder: Path, archive: Path, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(archive, "w", method) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder.parent))
    return archive


def cifar_batches(folder: Path, each: int = 20) -> Path:
    """The standard Python batches of CIFAR-10 with ``each`` images in every file."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    for seed, name in enumerate(names):
        pixels = np.random.default_rng(seed).integers(0, 256, (each, 3072), dtype=np.uint8)
        record = {b"data": pixels, b"labels": [index % 10 for index in range(each)]}
        (folder / name).write_bytes(pickle.dumps(record, protocol=2))
    return folder
