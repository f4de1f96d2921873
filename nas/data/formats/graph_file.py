"""A graph in the arrays of a ``.npz`` file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.data.formats.graph import graph_dataset, read_names
from nas.data.formats.names import array_names
from nas.data.formats.npz import read_npz

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset


def load_graph(
    path: Path, *, name: str, seed: int, resolution: int | None, val_fraction: float | None
) -> Dataset:
    """A data set from arrays; they and the arguments are those of :func:`graph_dataset`.

    Raises:
        DataError: As :func:`graph_dataset`, or the file is damaged.
    """
    return graph_dataset(
        path,
        read_npz(path, read_names(array_names(path))),
        name=name,
        seed=seed,
        resolution=resolution,
        val_fraction=val_fraction,
    )
