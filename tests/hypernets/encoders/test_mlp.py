from __future__ import annotations

import torch
from torch.testing import assert_close
from torch_geometric.data import Batch, Data

from hypernets.encoders.mlp import MLPEncoder


def test_each_node_by_itself():
    torch.manual_seed(0)
    encoder, x = MLPEncoder(6), torch.randn(5, 6)
    edges = torch.tensor([[0, 1, 2], [1, 2, 3]])
    batch = Batch.from_data_list([Data(edge_index=edges, num_nodes=5)])
    first, _, last = encoder.layers
    expected = torch.stack([last(first(row).clamp_min(0)) for row in x])
    assert_close(encoder(x, batch), expected)
