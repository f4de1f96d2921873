"""The handwritten digits of scikit-learn as a graph of nearest neighbours."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits
from sklearn.neighbors import kneighbors_graph
from torch_geometric.utils import coalesce

from nas.data.dataset import Dataset, stratified
from nas.data.node_dataset import make_node_dataset
from nas.seeding import generator

NEIGHBOURS = 8
PER_CLASS = 10
"""Labelled digits of each class to train on."""


def load(*, seed: int = 0) -> Dataset:
    """1,797 digits, each linked to its 8 nearest neighbours; needs no network and no file.

    As in Planetoid's public splits, few nodes are for training: about 10 of each class. Half of
    the others are for ranking and half for testing, drawn by the seed. Features are the 64
    pixels, centred and divided by their common standard deviation.
    """
    bunch = load_digits()
    x = torch.from_numpy(bunch.data).float()
    x = x - x.mean(0)
    labels = torch.from_numpy(bunch.target).long()
    near = kneighbors_graph(bunch.data, NEIGHBOURS).tocoo()
    edges = torch.stack([torch.from_numpy(near.row), torch.from_numpy(near.col)]).long()
    share = 10 * PER_CLASS / len(labels)
    parts = stratified(labels, (share, (1 - share) / 2, (1 - share) / 2), generator(seed, "split"))
    return make_node_dataset(
        "digits-knn",
        x / x.std(),
        coalesce(torch.cat([edges, edges.flip(0)], dim=1)),
        labels,
        classes=10,
        parts=(parts[0], parts[1], parts[2]),
        class_names=tuple("0123456789"),
    )
