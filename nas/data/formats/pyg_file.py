"""A graph as a saved ``Data`` of torch-geometric, and such an object itself."""

from __future__ import annotations

import sys
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nas.data.formats.graph import graph_dataset, read_names
from nas.errors import DataError, described

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from nas.data.dataset import Dataset

_DAMAGE = (
    *(ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError),
    *(TypeError, UnpicklingError, ValueError),
)
_WRITE = (
    "Write it as arrays: np.savez('graph.npz', x=data.x, edge_index=data.edge_index, y=data.y), "
    "perhaps with train_mask, val_mask and test_mask."
)


def is_pyg_data(data: object) -> bool:
    """Whether an object is a ``Data`` of torch-geometric, which is imported only if it is."""
    module = sys.modules.get("torch_geometric.data.data")
    return module is not None and isinstance(data, module.Data)


def pyg_dataset(data: Any, *, name: str = "graph", seed: int = 0) -> Dataset:
    """A data set of the nodes of a ``torch_geometric.data.Data``.

    Args:
        data: Has ``x``, ``edge_index``, ``y``, and perhaps the masks of the splits.
        name: Name of the data set.
        seed: Seed of the splits, if they are not given.

    Raises:
        DataError: As :func:`nas.data.formats.graph.graph_dataset`.
    """
    return graph_dataset(name, _arrays(data.to_dict()), name=name, seed=seed)


def load_pyg(
    path: Path, *, name: str, seed: int, resolution: int | None, val_fraction: float | None
) -> Dataset:
    """A data set from a saved ``Data``, its dictionary, or what an ``InMemoryDataset`` saves.

    The arguments are those of :func:`nas.data.formats.graph.graph_dataset`.

    Raises:
        DataError: The file holds no graph, or cannot be read without running code in it.
    """
    return graph_dataset(
        path,
        _arrays(_stored(path)),
        name=name,
        seed=seed,
        resolution=resolution,
        val_fraction=val_fraction,
    )


def _stored(path: Path) -> dict[str, Any]:
    """The attributes of a saved graph; no other classes are made of a file than these four.

    Raises:
        DataError: The file is damaged, holds other classes, or no graph.
    """
    from torch_geometric.data.data import Data, DataEdgeAttr, DataTensorAttr
    from torch_geometric.data.storage import GlobalStorage

    try:
        with torch.serialization.safe_globals([Data, DataEdgeAttr, DataTensorAttr, GlobalStorage]):
            stored = torch.load(path, map_location="cpu", weights_only=True)
        if isinstance(stored, tuple) and stored:  # as InMemoryDataset.save writes it
            stored = stored[0]
        stored = stored.to_dict() if isinstance(stored, Data) else stored
    except _DAMAGE as error:
        reason = str(error).partition("WeightsUnpickler error: ")[2] or str(error)
        raise DataError(
            f"cannot read {str(path)!r} as a graph without running code in it: "
            f"{reason.splitlines()[0] if reason else type(error).__name__}",
            hint=_WRITE,
        ) from None
    if not isinstance(stored, dict):
        raise DataError(f"{str(path)!r} holds no graph but {described(stored)}", hint=_WRITE)
    return stored


def _arrays(attributes: dict[str, Any]) -> dict[str, np.ndarray]:
    """The dense tensors among them; numpy has no floats of 16 bits such as torch's bfloat16."""
    return {
        name: (value.float() if value.is_floating_point() else value).numpy(force=True)
        for name in read_names(attributes)
        for value in [attributes[name]]
        if isinstance(value, Tensor) and value.layout == torch.strided
    }
