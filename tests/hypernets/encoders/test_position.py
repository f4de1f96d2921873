from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch_geometric.data import Batch

from hypernets.encoders.position import PositionEncoder
from hypernets.features import encode
from nas.graph.builder import GraphBuilder
from tests.hypernets.hypernet_toys import chain, every_role

if TYPE_CHECKING:
    from nas.graph.graph import Graph

HIDDEN = 6


def make_encoder(layers: int = 256) -> PositionEncoder:
    torch.manual_seed(0)
    return PositionEncoder(HIDDEN, places=layers)


def rows(encoder: PositionEncoder, *graphs: Graph) -> list[int]:
    """Which embedding each node gets."""
    batch = Batch.from_data_list([encode(graph, 1).data for graph in graphs])
    h = encoder(torch.randn(batch.num_nodes, HIDDEN), batch)
    found = (h[:, None] == encoder.embedding.weight).all(-1)
    assert found.sum(1).eq(1).all()
    numbers: list[int] = found.int().argmax(1).tolist()
    return numbers


def pooled() -> Graph:
    return chain(GraphBuilder.max_pool, GraphBuilder.batch_norm, lambda b, x: b.conv2d(x, 8))


def test_layers_with_parameters_are_numbered() -> None:
    # input, stem, pool, norm, convolution, global pool, classifier
    assert rows(make_encoder(), pooled()) == [0, 0, 1, 1, 2, 3, 3]


def test_numbers_begin_anew_in_each_graph() -> None:
    encoder, graphs = make_encoder(), (pooled(), every_role(), pooled())
    assert rows(encoder, *graphs) == [row for graph in graphs for row in rows(encoder, graph)]


def test_layers_beyond_the_table_share_its_last_row() -> None:
    assert rows(make_encoder(layers=3), pooled()) == [0, 0, 1, 1, 2, 2, 2]


def test_every_layer_of_a_graph_has_its_own_vector() -> None:
    graph = every_role()
    encoded = encode(graph, 1)
    numbers = rows(make_encoder(), graph)
    layers = {slot.node for slot in encoded.slots}
    assert sorted(numbers[node] for node in layers) == list(range(len(layers)))


def test_the_embeddings_learn() -> None:
    encoder = make_encoder(layers=4)
    batch = Batch.from_data_list([encode(pooled(), 1).data])
    h = encoder(torch.randn(batch.num_nodes, HIDDEN), batch)
    (grad,) = torch.autograd.grad(h.sum(), encoder.embedding.weight)
    assert grad[:, 0].tolist() == [2, 2, 1, 2]
