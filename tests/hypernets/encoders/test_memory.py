from __future__ import annotations

import networkx as nx
import pytest
import torch
from torch.testing import assert_close
from torch_geometric.data import Batch

from hypernets.encoders.memory import MemoryEncoder, memory_traffic
from hypernets.features import encode
from tests.hypernets.encoders.test_gated_gnn import random_dag, record
from tests.hypernets.hypernet_toys import samples, tiny_space

HIDDEN = 6


def traffic(dag: nx.DiGraph, banks: int = 4) -> tuple[list[list[int]], list[int]]:
    reads, written = memory_traffic(Batch.from_data_list([record(dag, 5)]), banks)
    return reads.int().tolist(), written.tolist()


def test_a_chain_stays_in_one_bank() -> None:
    reads, written = traffic(nx.path_graph(4, nx.DiGraph))
    assert written == [0, 0, 0, 0]
    assert reads == [[0, 0, 0, 0], *3 * [[1, 0, 0, 0]]]


def test_a_residual_branch_takes_a_second_bank() -> None:
    reads, written = traffic(nx.DiGraph([(0, 1), (1, 2), (0, 3), (2, 3), (3, 4)]))
    assert written == [0, 1, 1, 0, 0]
    assert reads[3] == [1, 1, 0, 0]
    assert reads[4] == [1, 0, 0, 0]


def test_values_beyond_the_banks_share_the_last() -> None:
    dense = nx.DiGraph([(i, j) for j in range(5) for i in range(j)])
    reads, written = traffic(dense, banks=3)
    assert written == [0, 1, 2, 2, 0]
    assert reads[4] == [1, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_no_value_is_overwritten_before_it_is_read(seed: int) -> None:
    graph = record(random_dag(20, seed), 50)
    reads, written = memory_traffic(Batch.from_data_list([graph]), banks=20)
    real = graph.edge_index[:, graph.distance == 1].T.tolist()
    bank: dict[int, int] = {}
    for node in range(20):
        sources = [source for source, target in real if target == node]
        assert all(bank[int(written[source])] == source for source in sources)
        assert reads[node].sum() == len(sources)
        bank[int(written[node])] = node


def test_traffic_of_a_batch_is_that_of_its_graphs() -> None:
    graphs = [record(random_dag(n, n), 50) for n in (9, 1, 14)]
    together = memory_traffic(Batch.from_data_list(graphs), 3)
    alone = [memory_traffic(Batch.from_data_list([graph]), 3) for graph in graphs]
    for found, parts in zip(together, zip(*alone, strict=True), strict=True):
        assert torch.equal(found, torch.cat(parts))


def make_encoder() -> MemoryEncoder:
    torch.manual_seed(0)
    return MemoryEncoder(HIDDEN, banks=4)


def test_states_of_a_batch_are_those_of_its_graphs() -> None:
    graphs = [encode(graph, 5).data for graph in samples(tiny_space("darts"), 3)]
    x = torch.randn(sum(graph.num_nodes for graph in graphs), HIDDEN)
    encoder = make_encoder()
    parts = x.split([graph.num_nodes for graph in graphs])
    pairs = zip(parts, graphs, strict=True)
    alone = [encoder(part, Batch.from_data_list([graph])) for part, graph in pairs]
    found = encoder(x, Batch.from_data_list(graphs))
    assert found.isfinite().all()
    assert_close(found, torch.cat(alone), rtol=1e-4, atol=1e-5)


def test_layers_of_equal_description_differ_by_their_traffic() -> None:
    encoder, x = make_encoder(), torch.zeros(5, HIDDEN)
    chain, skip = nx.path_graph(5, nx.DiGraph), nx.path_graph(5, nx.DiGraph)
    skip.add_edge(1, 4)
    states = [encoder(x, Batch.from_data_list([record(dag, 1)])) for dag in (chain, skip)]
    assert (states[0] - states[1]).abs().amin(0).max() > 0.01


def test_all_parameters_learn() -> None:
    encoder = make_encoder()
    batch = Batch.from_data_list([record(random_dag(20, 0), 50)])
    x = torch.randn(20, HIDDEN, requires_grad=True)
    grads = torch.autograd.grad(encoder(x, batch).square().sum(), [x, *encoder.parameters()])
    assert all(grad.abs().sum() > 0 for grad in grads)
