from __future__ import annotations

import numpy as np
import pytest
import torch

from hypernets.encoders.canonical_order import in_canonical_order
from hypernets.features import EncodedGraph, encode
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from tests.hypernets.hypernet_toys import every_role, samples, tiny_space

NODE_KEYS = ("kind", "attributes", "passed", "depth", "level")


def shuffled(graph: Graph, seed: int) -> Graph:
    """The same network, its nodes in another topological order."""
    rng = np.random.default_rng(seed)
    waiting, placed = list(graph.nodes), []
    known = {spec.name for spec in graph.inputs}
    while waiting:
        ready = [node for node in waiting if known.issuperset(node.inputs)]
        node = ready[int(rng.integers(len(ready)))]
        placed.append(node)
        waiting.remove(node)
        known.add(node.name)
    return Graph(graph.inputs, tuple(placed), graph.outputs)


def matrix(encoded: EncodedGraph) -> torch.Tensor:
    data = encoded.data
    dense = torch.zeros(data.num_nodes, data.num_nodes)
    dense[data.edge_index[0], data.edge_index[1]] = data.distance
    return dense


def two_alike() -> Graph:
    """Two branches that differ in their second layer only, then cross."""
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 1, 8, 8)), 8)
    left = b.conv2d(b.conv2d(x, 8), 8, 5)
    right = b.conv2d(b.conv2d(x, 8), 8, 3)
    return b.build(b.classifier(b.concat(left, right), 10))


GRAPHS = [every_role(), two_alike(), *samples(tiny_space("darts"), 2, seed=5)]


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_order_of_writing_is_forgotten(graph) -> None:
    expected = in_canonical_order(encode(graph, 50))
    for seed in range(3):
        found = in_canonical_order(encode(shuffled(graph, seed), 50))
        for key in NODE_KEYS:
            assert torch.equal(found.data[key], expected.data[key])
        assert torch.equal(matrix(found), matrix(expected))
        places = {(slot.node, slot.role, slot.shape) for slot in expected.slots}
        assert {(slot.node, slot.role, slot.shape) for slot in found.slots} == places


@pytest.mark.parametrize("graph", GRAPHS)
def test_it_is_the_same_graph(graph) -> None:
    plain = encode(graph, 50)
    found = in_canonical_order(plain)
    assert [slot.name for slot in found.slots] == [slot.name for slot in plain.slots]
    assert bool((found.data.level.diff() >= 0).all())
    for before, after in zip(plain.slots, found.slots, strict=True):
        for key in NODE_KEYS:
            assert torch.equal(plain.data[key][before.node], found.data[key][after.node])
    assert torch.equal(
        matrix(plain).flatten().sort().values, matrix(found).flatten().sort().values
    )
