"""Data sets: images or the nodes of a graph, with three splits, held on one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.registry import lazy_names

if TYPE_CHECKING:
    from nas.data.catalog import DATASETS, load
    from nas.data.dataset import Dataset
    from nas.data.formats.pyg_file import pyg_dataset
    from nas.data.image_dataset import make_dataset
    from nas.data.images.image_folder import load_images
    from nas.data.map_style import from_map_style
    from nas.data.node_dataset import make_node_dataset
    from nas.data.node_split import NodeSplit
    from nas.data.split import Split

_HOMES = {
    "DATASETS": "nas.data.catalog",
    "Dataset": "nas.data.dataset",
    "NodeSplit": "nas.data.node_split",
    "Split": "nas.data.split",
    "from_map_style": "nas.data.map_style",
    "load": "nas.data.catalog",
    "load_images": "nas.data.images.image_folder",
    "make_dataset": "nas.data.image_dataset",
    "make_node_dataset": "nas.data.node_dataset",
    "pyg_dataset": "nas.data.formats.pyg_file",
}

__all__ = [
    "DATASETS",
    "Dataset",
    "NodeSplit",
    "Split",
    "from_map_style",
    "load",
    "load_images",
    "make_dataset",
    "make_node_dataset",
    "pyg_dataset",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
