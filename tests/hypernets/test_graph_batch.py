"""A batch equals that of torch-geometric."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch

from hypernets.features import encode
from hypernets.graph_batch import graph_batch
from nas.graph.builder import GraphBuilder


def network(layers):
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    for _ in range(layers):
        x = b.add(b.conv2d(x, 3), x)
    return b.build(x)


@pytest.mark.parametrize("sizes", [[2], [1, 3, 2]])
def test_equals_that_of_torch_geometric(sizes) -> None:
    graphs = [encode(network(layers), 50) for layers in sizes]
    found, expected = graph_batch(graphs), Batch.from_data_list([graph.data for graph in graphs])
    assert set(found.keys()) == set(expected.keys())
    for key, value in expected.items():
        assert torch.equal(torch.as_tensor(found[key]), torch.as_tensor(value)), key
    assert found.num_graphs == expected.num_graphs == len(sizes)
