"""Against attention written out pair by pair, distances by networkx."""

from __future__ import annotations

import math

import networkx as nx
import pytest
import torch
from torch import nn
from torch.testing import assert_close
from torch_geometric.data import Batch, Data

from hypernets.encoders.graph_transformer import FARTHEST, GraphTransformer, distance_from_input
from hypernets.features import KINDS, encode
from tests.hypernets.hypernet_toys import every_role, samples, tiny_space

HIDDEN, HEADS, REACH = 8, 2, 4


def make(layers: int = 2, reach: int = REACH) -> GraphTransformer:
    torch.manual_seed(0)
    encoder = GraphTransformer(HIDDEN, layers=layers, heads=HEADS, reach=reach)
    for parameter in encoder.parameters():
        nn.init.normal_(parameter, std=0.4)
    return encoder


def states(batch: Data, seed: int = 1) -> torch.Tensor:
    return torch.randn(batch.num_nodes, HIDDEN, generator=torch.Generator().manual_seed(seed))


def digraph(data: Data) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(data.num_nodes))
    graph.add_edges_from(data.edge_index[:, data.distance == 1].mT.tolist())
    return graph


def pair_by_pair(encoder, x, data):
    graph = digraph(data)
    length = dict(nx.all_pairs_shortest_path_length(graph, cutoff=encoder.bias.reach))
    from_input = nx.multi_source_dijkstra_path_length(
        graph, [node for node in graph if data.kind[node] == KINDS.index("input")]
    )

    def row(source, target):
        found = length[source].get(target)
        return encoder.bias.length.weight[0 if found is None else found + 1]

    def bias(i, j):
        return encoder.bias.layers(torch.cat([row(j, i), row(i, j)]))

    h = torch.stack(
        [
            x[node]
            + encoder.in_degree.weight[min(graph.in_degree(node), 100)]
            + encoder.out_degree.weight[min(graph.out_degree(node), 100)]
            + encoder.depth.weight[from_input.get(node, 1000)]
            for node in graph
        ]
    )
    for layer in encoder.layers:
        queries, keys, values = layer.qkv(layer.attention_norm(h)).split(HIDDEN, -1)
        heard = []
        for i in graph:
            parts = []
            for head in range(HEADS):
                own = slice(head * HIDDEN // HEADS, (head + 1) * HIDDEN // HEADS)
                scores = [
                    queries[i, own] @ keys[j, own] / math.sqrt(HIDDEN // HEADS) + bias(i, j)[head]
                    for j in graph
                ]
                parts.append(torch.stack(scores).softmax(0) @ values[:, own])
            heard.append(torch.cat(parts))
        h = h + layer.out(torch.stack(heard))
        h = h + layer.mlp(h)
    return h


@pytest.mark.parametrize("reach", [1, 3, 50])
def test_equals_attention_pair_by_pair(reach) -> None:
    encoder = make(reach=reach)
    data = encode(every_role(), reach).data
    x = states(data)
    found = encoder(x, Batch.from_data_list([data]))
    assert_close(found, pair_by_pair(encoder, x, data), rtol=1e-4, atol=1e-4)


def test_other_graphs_of_the_batch_change_nothing() -> None:
    encoder = make()
    graphs = [every_role(), *samples(tiny_space("darts"), 1), *samples(tiny_space("nb201"), 1)]
    records = [encode(graph, REACH).data for graph in graphs]
    xs = [states(record, seed) for seed, record in enumerate(records)]
    together = encoder(torch.cat(xs), Batch.from_data_list(records))
    alone = [encoder(x, Batch.from_data_list([r])) for x, r in zip(xs, records, strict=True)]
    assert_close(together, torch.cat(alone), rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_the_loop() -> None:
    encoder, data = make(layers=1), encode(every_role(), REACH).data
    x = states(data)
    weights = torch.randn_like(x)
    batch = Batch.from_data_list([data, data])
    both = encoder(torch.cat([x, x]), batch)[: len(x)], pair_by_pair(encoder, x, data)
    grads = [torch.autograd.grad((h * weights).sum(), list(encoder.parameters())) for h in both]
    for found, expected in zip(*grads, strict=True):
        assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_the_table_holds_distinct_pairs_only() -> None:
    pairs = make(reach=50).bias.get_buffer("pairs")
    assert pairs.unique(dim=0).shape == (102, 2)


@pytest.mark.parametrize("reach", [1, 2, 50])
def test_distance_from_the_input(reach) -> None:
    """A chain of six, a way round it of two, and a node that reads nothing."""
    graph = nx.DiGraph([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 6), (6, 4)])
    graph.add_node(7)
    pairs = [
        (source, target, distance)
        for source, found in nx.all_pairs_shortest_path_length(graph, cutoff=reach)
        for target, distance in found.items()
        if distance
    ]
    sources, targets, distances = zip(*pairs, strict=True)
    kind = torch.full((8,), KINDS.index("conv2d"))
    kind[0] = KINDS.index("input")
    data = Data(
        kind=kind,
        edge_index=torch.tensor([sources, targets]),
        distance=torch.tensor(distances, dtype=torch.float32),
        num_nodes=8,
    )
    found = distance_from_input(Batch.from_data_list([data, data])).tolist()
    assert found == [0, 1, 2, 3, 2, 3, 1, FARTHEST] * 2
