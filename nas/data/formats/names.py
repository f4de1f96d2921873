"""Names of files and arrays by which formats are known before anything is read."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = "targets.csv"
"""The table of a folder of images with numbers to predict."""
CSV = (".csv", ".tsv")
PARQUET = (".parquet", ".pq")
EDGES = ("edge_index", "edges")
"""Names of the array of edges; a file of arrays with one of them is a graph."""
ARRAY = ".npy"
"""What the names of arrays in a ``.npz`` file end with."""


def array_names(path: Path) -> tuple[str, ...]:
    """Names of the arrays in a ``.npz`` file; none if it is no such file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return ()
    return tuple(name.removesuffix(ARRAY) for name in names)
