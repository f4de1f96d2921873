"""The formats of users' own data, and the one that a path has.

Nothing is imported here that computes: ``nas datasets`` lists the formats.
"""

from __future__ import annotations

import tarfile
import zipfile
from typing import TYPE_CHECKING

from nas.data.formats.format import Format
from nas.data.formats.names import CSV, EDGES, PARQUET, TARGETS, array_names
from nas.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_ARCHIVES = (".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz", ".zip")


def _has_targets(path: Path) -> bool:
    return path.name == TARGETS or (path / TARGETS).is_file()


def _is_saved_to_disk(path: Path) -> bool:
    """Whether a folder holds one data set of Hugging Face, or one for each split."""
    single = (path / "state.json").is_file() and (path / "dataset_info.json").is_file()
    return single or (path / "dataset_dict.json").is_file()


def _is_table(path: Path) -> bool:
    return path.name.lower().endswith((*CSV, *PARQUET))


def _is_graph(path: Path) -> bool:
    return _is_array_file(path) and not set(EDGES).isdisjoint(array_names(path))


def _is_array_file(path: Path) -> bool:
    return path.name.lower().endswith((".npz", ".npy"))


def _is_torch_file(path: Path) -> bool:
    return path.name.lower().endswith((".pt", ".pth"))


def _is_image_tree(path: Path) -> bool:
    """Whether it is a folder, or an archive by its name or its content."""
    return (
        path.is_dir()
        or path.name.lower().endswith(_ARCHIVES)
        or (path.is_file() and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path)))
    )


FORMATS: tuple[Format, ...] = (
    Format(
        "a folder or archive (.tar, .zip) of images in class folders",
        _is_image_tree,
        "nas.data.images.image_folder:load_images",
    ),
    Format(
        "a table of images and classes (.csv, .parquet)",
        _is_table,
        "nas.data.formats.table:load_table",
    ),
    Format(
        f"a folder of images with {TARGETS}: numbers to predict",
        _has_targets,
        "nas.data.formats.targets:load_targets",
    ),
    Format(
        "arrays of images and classes (.npz)",
        _is_array_file,
        "nas.data.formats.array_file:load_arrays",
    ),
    Format(
        "a folder of Hugging Face's datasets (save_to_disk)",
        _is_saved_to_disk,
        "nas.data.formats.hugging_face:load_saved",
    ),
    Format(
        "a graph in arrays (.npz with x, edge_index and y)",
        _is_graph,
        "nas.data.formats.graph_file:load_graph",
        "graph",
    ),
    Format(
        "a graph of torch-geometric (a saved Data, .pt)",
        _is_torch_file,
        "nas.data.formats.pyg_file:load_pyg",
        "graph",
    ),
)
"""A path is read as the last of them that fits: the later ones are more particular."""


def format_of(path: Path) -> Format:
    """The format of the data at a path.

    Raises:
        DataError: No format fits.
    """
    found = next((entry for entry in reversed(FORMATS) if entry.fits(path)), None)
    if found is None:
        raise DataError(
            f"{str(path)!r} is in no known format", hint=f"Data are {known_formats()}."
        )
    return found


def known_formats() -> str:
    """All formats in words."""
    *others, last = (entry.description for entry in FORMATS)
    return f"{', '.join(others)}, or {last}"
