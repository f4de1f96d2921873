"""Data sets: images with three splits, held on one device."""

from nas.data.catalog import DATASETS, load
from nas.data.dataset import Dataset
from nas.data.image_folder import load_images
from nas.data.split import Split

__all__ = ["DATASETS", "Dataset", "Split", "load", "load_images"]
