from __future__ import annotations

import torch
from torch_geometric.nn import GCNConv

from hypernets.config import HypernetConfig
from nas.data.catalog import load
from nas.events import ignore
from nas.modules.adapter import adapt
from tests.hypernets.hypernet_toys import make_card


def test_what_a_layer_remembers_is_not_of_the_trial() -> None:
    layer, data = GCNConv(64, 10, cached=True), load("digits-knn")
    read = adapt(layer, data, make_card(HypernetConfig()), ignore)
    assert layer._cached_edge_index is None
    assert torch.equal(read.example[0], data.train.whole().inputs[0])
