"""Data sets by name or path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import ConfigError, DataError, described
from nas.events import Noted, ignore
from nas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.data.dataset import Dataset
    from nas.events import Listener


@dataclass(frozen=True)
class DatasetEntry:
    """A known data set: what it is, where it comes from, and how it is loaded."""

    description: str
    source: str
    load: Callable[[Path, int], Dataset]


def _digits(data_dir: Path, seed: int) -> Dataset:
    from nas.data import digits

    return digits.load(seed=seed)


def _cluttered_digits(data_dir: Path, seed: int) -> Dataset:
    from nas.data import cluttered_digits

    return cluttered_digits.load(seed=seed)


def _cifar10(data_dir: Path, seed: int) -> Dataset:
    from nas.data import cifar10

    return cifar10.load(data_dir, seed=seed)


def _planetoid(name: str) -> Callable[[Path, int], Dataset]:
    def load(data_dir: Path, seed: int) -> Dataset:
        from nas.data import planetoid

        return planetoid.load(name, data_dir)

    return load


def _digits_knn(data_dir: Path, seed: int) -> Dataset:
    from nas.data import digits_knn

    return digits_knn.load(seed=seed)


DATASETS: Registry[DatasetEntry] = Registry("data set")
DATASETS.register("digits")(
    DatasetEntry(
        "1,797 handwritten digits, 8x8 pixels, 10 classes; inside scikit-learn, works offline",
        "Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits",
        _digits,
    )
)
DATASETS.register("cluttered-digits")(
    DatasetEntry(
        "9,000 digits transformed at random among fragments of others, 24x24 pixels; offline",
        "Alpaydin & Kaynak 1998; cluttered as in Mnih et al. 2014, Recurrent Models of Attention",
        _cluttered_digits,
    )
)
DATASETS.register("cifar10")(
    DatasetEntry(
        "60,000 colour photographs, 32x32 pixels, 10 classes; standard files or images",
        "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
        _cifar10,
    )
)
DATASETS.register("digits-knn")(
    DatasetEntry(
        "1,797 handwritten digits linked with those most like them, 100 of them labelled; offline",
        "Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits",
        _digits_knn,
    )
)
_CITATIONS = {
    "cora": "2,708 papers on machine learning and what they cite, 1,433 words, 7 classes",
    "citeseer": "3,327 papers and what they cite, 3,703 words, 6 classes",
    "pubmed": "19,717 papers on diabetes and what they cite, 500 words, 3 classes",
}
for _name, _description in _CITATIONS.items():
    DATASETS.register(_name)(
        DatasetEntry(
            f"{_description}; Planetoid's files and public split",
            "Sen et al. 2008; Yang et al. 2016, Revisiting Semi-Supervised Learning",
            _planetoid(_name),
        )
    )


def load(
    name_or_path: str | Path,
    *,
    data_dir: str | Path | None = None,
    resolution: int | None = None,
    val_fraction: float | None = None,
    seed: int = 0,
    listen: Listener = ignore,
) -> Dataset:
    """A registered data set by name, or the user's own data by path.

    :data:`nas.data.formats.registry.FORMATS` lists what may be at the path.

    Args:
        name_or_path: A name (``"digits"``), or a path. A string that names nothing registered is a
            path if it exists or looks like one. Images in a folder called like a registered data
            set are another one: ``digits-images``.
        data_dir: Where files of named data sets lie; ``NAS_DATA_DIR`` or ``data`` by default.
        resolution: Side of the user's own images; see :func:`nas.data.load_images`. A registered
            data set has a size of its own.
        val_fraction: Share of the user's own training samples that becomes the ranking split, 0.1
            by default. A registered data set has splits of its own.
        seed: Of the splits.
        listen: Hears the notes of the data set, such as how many files were skipped.

    Raises:
        UnknownNameError: No such data set.
        DataError: Its files are missing or damaged, or it has a size or splits of its own.
        ConfigError: Name, directory, share or seed are of another kind.
    """
    _check_given(name_or_path, data_dir, val_fraction, seed)
    data = _load(name_or_path, data_dir, seed, resolution=resolution, val_fraction=val_fraction)
    for note in data.notes:
        listen(Noted(text=note))
    return data


def _check_given(
    name_or_path: object, data_dir: object, val_fraction: object, seed: object
) -> None:
    if not isinstance(name_or_path, str | Path):
        raise ConfigError(
            f"expected the name or path of a data set, got {described(name_or_path)}",
            hint="nas.make_dataset makes one of images and labels in tensors.",
        )
    if not isinstance(data_dir, str | Path | None):
        raise ConfigError(f"expected data_dir as a path, got {described(data_dir)}")
    if not isinstance(val_fraction, Real | None):
        raise ConfigError(f"expected val_fraction as a number, got {described(val_fraction)}")
    if not isinstance(seed, Integral):
        raise ConfigError(f"expected seed as a whole number, got {described(seed)}")


def _load(
    name_or_path: str | Path,
    data_dir: str | Path | None,
    seed: int,
    *,
    resolution: int | None,
    val_fraction: float | None,
) -> Dataset:
    text = str(name_or_path)
    if text in DATASETS and resolution is not None:
        raise DataError(
            f"a resolution is for images of your own, but {text!r} is a data set of its own size",
            hint="For smaller images give the space a resolution (nasnet:resolution=16).",
        )
    if text in DATASETS and val_fraction is not None:
        raise DataError(
            f"val_fraction is for data of your own, but {text!r} is a data set "
            "with a ranking split of its own",
            hint="Leave it out.",
        )
    if text in DATASETS:
        directory = Path(data_dir or os.environ.get("NAS_DATA_DIR", "data"))
        return DATASETS.get(text).load(directory, seed)
    path = Path(text)
    if path.exists():
        from nas.data.formats.registry import format_of
        from nas.data.images.folder import readable

        stem, found = path.absolute().name.split(".")[0], format_of(path)
        name = f"{stem}-{found.noun}" if stem in DATASETS else readable(stem)
        return found.read(
            path, name=name, seed=seed, resolution=resolution, val_fraction=val_fraction
        )
    if os.sep in text or path.suffix:
        from nas.data.formats.registry import known_formats

        raise DataError(
            f"no data at {text!r}",
            hint=f"A data set is {', '.join(DATASETS.names())}, or a path of {known_formats()}.",
        )
    DATASETS.get(text)
    raise AssertionError("unreachable: an unknown name raises")
