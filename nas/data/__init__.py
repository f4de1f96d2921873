"""Data sets: images or the nodes of a graph, with three splits, held on one device."""

from nas.data.catalog import DATASETS, load
from nas.data.dataset import Dataset
from nas.data.image_dataset import make_dataset
from nas.data.images.image_folder import load_images
from nas.data.node_dataset import make_node_dataset
from nas.data.node_split import NodeSplit
from nas.data.split import Split

__all__ = [
    "DATASETS",
    "Dataset",
    "NodeSplit",
    "Split",
    "load",
    "load_images",
    "make_dataset",
    "make_node_dataset",
]
