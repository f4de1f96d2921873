"""CIFAR-10 (Krizhevsky 2009): 60,000 colour images of 32x32 pixels, 10 classes."""

from __future__ import annotations

import io
import pickle
import tarfile
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nas.data.dataset import Dataset, make_dataset, stratified
from nas.data.image_folder import load_images
from nas.errors import DataError
from nas.seeding import generator

if TYPE_CHECKING:
    from pathlib import Path

BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
FOLDER = "cifar-10-batches-py"
ARCHIVE = "cifar-10-python.tar.gz"
_TRAIN_IMAGES = 50_000


def load(data_dir: Path, *, seed: int = 0) -> Dataset:
    """CIFAR-10 from the standard batches or from images; 5,000 training images are set apart.

    Args:
        data_dir: Holds ``cifar-10-batches-py/``, ``cifar-10-python.tar.gz``, or an image folder
            or archive whose name begins with ``cifar10`` or ``cifar-10``.
        seed: Of the validation split.

    Raises:
        DataError: None of these is there, or it is damaged.
    """
    if (data_dir / FOLDER).is_dir():
        return _from_batches([(data_dir / FOLDER / name).read_bytes() for name in BATCHES], seed)
    if (data_dir / ARCHIVE).is_file():
        with tarfile.open(data_dir / ARCHIVE) as archive:
            return _from_batches([_member(archive, name) for name in BATCHES], seed)
    for path in sorted(data_dir.glob("cifar*")):
        if path.name.lower().replace("-", "").startswith("cifar10"):
            return load_images(path, name="cifar10", seed=seed)
    raise DataError(
        f"no CIFAR-10 in {str(data_dir)!r}",
        hint=f"Put {FOLDER}/, {ARCHIVE}, or an image folder or archive named cifar10* there, or "
        "name the right folder with --data-dir or NAS_DATA_DIR.",
    )


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    content = archive.extractfile(f"{FOLDER}/{name}")
    if content is None:
        raise DataError(f"{ARCHIVE} holds no {FOLDER}/{name}")
    return content.read()


def _from_batches(batches: list[bytes], seed: int) -> Dataset:
    records = [_ArrayUnpickler(io.BytesIO(batch), encoding="bytes").load() for batch in batches]
    images = np.concatenate([record[b"data"] for record in records]).reshape(-1, 3, 32, 32)
    labels = torch.tensor([label for record in records for label in record[b"labels"]])
    kept, val = stratified(labels[:_TRAIN_IMAGES], (0.9, 0.1), generator(seed, "split"))
    test = torch.arange(_TRAIN_IMAGES, len(labels))
    return make_dataset(
        "cifar10",
        torch.from_numpy(images),
        labels,
        classes=10,
        parts=(kept, val, test),
        flip=True,
    )


class _ArrayUnpickler(pickle.Unpickler):
    """Reads dictionaries of numpy arrays and nothing else."""

    _ALLOWED = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise DataError(
                f"the batch file asks for {module}.{name}, which no CIFAR-10 file needs"
            )
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)
