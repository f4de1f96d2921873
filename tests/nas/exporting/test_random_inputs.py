from __future__ import annotations

import torch

from nas.exporting.random_inputs import random_inputs
from nas.graph.builder import GraphBuilder


def test_ids_lie_in_the_smallest_table_and_numbers_vary() -> None:
    b = GraphBuilder()
    ids = b.input((1, 50), name="ids", dtype="int64")
    x = b.add(b.embedding(ids, 9, 4), b.embedding(ids, 3, 4))
    graph = b.build(b.add(b.flatten(x), b.input((1, 200), name="x")))
    drawn, noise = random_inputs(graph, torch.Generator().manual_seed(0))
    assert set(drawn.flatten().tolist()) == {0, 1, 2}
    assert (noise.shape, noise.dtype) == ((2, 200), torch.float32)
    assert noise.std() > 0.5


def test_edges_join_the_nodes_there_are() -> None:
    b = GraphBuilder()
    graph = b.build(b.message_passing(b.input((1, 5)), b.edge_index(), layer="gcn", channels=2))
    x, edges = random_inputs(graph, torch.Generator().manual_seed(0))
    assert (edges.shape[0], edges.dtype) == (2, torch.int64)
    assert 0 <= edges.min() < edges.max() < len(x)
