"""The level-batched network against a loop over nodes written from the definition."""

from __future__ import annotations

from collections import defaultdict

import networkx as nx
import numpy as np
import pytest
import torch
from torch.testing import assert_close
from torch_geometric.data import Batch, Data

from hypernets.encoders.gated_gnn import GatedGNN, LevelLayout
from hypernets.features import encode
from tests.hypernets.hypernet_toys import every_role, samples, tiny_space

HIDDEN = 6


def random_dag(nodes, seed):
    """Each node reads one to three earlier ones."""
    rng = np.random.default_rng(seed)
    dag = nx.DiGraph()
    dag.add_node(0)
    for node in range(1, nodes):
        count = min(node, int(rng.integers(1, 4)))
        reads = rng.choice(node, size=count, replace=False).tolist()
        dag.add_edges_from((source, node) for source in reads)
    return dag


def record(dag, reach):
    """The dag as the encoder gets it; nodes sorted by their longest path from a source."""
    level = {node: 0 for node in dag}
    for node in nx.topological_sort(dag):
        for reader in dag.successors(node):
            level[reader] = max(level[reader], level[node] + 1)
    order = sorted(dag, key=level.__getitem__)
    place = {node: index for index, node in enumerate(order)}
    pairs = [
        (place[source], place[target], distance)
        for source, found in nx.all_pairs_shortest_path_length(dag, cutoff=reach)
        for target, distance in found.items()
        if distance
    ]
    sources, targets, distances = zip(*pairs, strict=True) if pairs else ((), (), ())
    return Data(
        level=torch.tensor([level[node] for node in order]),
        edge_index=torch.tensor([sources, targets], dtype=torch.long),
        distance=torch.tensor(distances, dtype=torch.float32),
        num_nodes=len(order),
    )


def node_by_node(gnn, x, graph):
    """One sweep from the inputs, one from the outputs: m_v, then h_v <- GRU(m_v, h_v).

    m_v = sum of MLP(h_u) over neighbours + sum of MLP_ve(h_u) / d over all nodes at distance d
    (Knyazev et al. 2021, eq. 4; published program: direct neighbours are in both sums).
    """
    edges = list(zip(*graph.edge_index.tolist(), graph.distance.tolist(), strict=True))
    neighbours: dict[bool, dict[int, list[tuple[int, int]]]] = {
        True: defaultdict(list),
        False: defaultdict(list),
    }
    for source, target, distance in edges:
        neighbours[True][target].append((source, distance))
        neighbours[False][source].append((target, distance))
    h = list(x)
    order = range(len(h))  # sorted by level, so a topological order
    for forward in (True, False):
        for node in order if forward else reversed(order):
            message = torch.zeros_like(x[0])
            heard = neighbours[forward][node]
            near = [h[sender] for sender, distance in heard if distance == 1]
            if near:
                message = message + gnn.message(torch.stack(near)).sum(0)
            if heard and gnn.virtual_message is not None:
                states = torch.stack([h[sender] for sender, _ in heard])  # (senders, D)
                distances = torch.tensor([distance for _, distance in heard])
                message = message + (gnn.virtual_message(states) / distances[:, None]).sum(0)
            h[node] = gnn.gru(message, h[node])
    return torch.stack(h)


def make_gnn(virtual_edges):
    torch.manual_seed(1)
    return GatedGNN(HIDDEN, reach=50 if virtual_edges else 1)


def run_both(gnn, graphs):
    """Outputs of both, and the gradients of the states and of the network of a random scalar."""
    torch.manual_seed(2)
    x = torch.randn(sum(graph.num_nodes for graph in graphs), HIDDEN)
    weights = torch.randn_like(x)
    results = []
    for batched in (True, False):
        states = x.clone().requires_grad_()
        if batched:
            out = gnn(states, Batch.from_data_list(graphs))
        else:
            parts = states.split([graph.num_nodes for graph in graphs])
            pairs = zip(parts, graphs, strict=True)
            out = torch.cat([node_by_node(gnn, part, graph) for part, graph in pairs])
        grads = torch.autograd.grad((out * weights).sum(), [states, *gnn.parameters()])
        results.append((out, *grads))
    return results


@pytest.mark.parametrize("virtual_edges", [False, True])
@pytest.mark.parametrize("reach", [1, 3, 50])
def test_equals_the_loop_over_nodes(virtual_edges, reach):
    graphs = [record(random_dag(n, seed), reach) for seed, n in enumerate((1, 2, 9, 14))]
    for found, expected in zip(*run_both(make_gnn(virtual_edges), graphs), strict=True):
        assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("virtual_edges", [False, True])
def test_without_gradients_it_is_the_same(virtual_edges):
    gnn = make_gnn(virtual_edges)
    batch = Batch.from_data_list(
        [record(random_dag(n, seed), 50) for seed, n in enumerate((3, 14))]
    )
    x = torch.randn(batch.num_nodes, HIDDEN)
    with torch.no_grad():
        before = x.clone()
        found = gnn(x, batch)
        assert torch.equal(x, before)
    assert_close(found, gnn(x, batch), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("graph", [every_role(), *samples(tiny_space("darts"), 1, seed=3)])
def test_equals_the_loop_over_nodes_of_architectures(graph):
    data = encode(graph, reach=50).data
    for found, expected in zip(*run_both(make_gnn(True), [data]), strict=True):
        assert_close(found, expected, rtol=1e-4, atol=1e-5)


def reaction(gnn, changed, read):
    """How much the state of one node of a path of four depends on the input of another."""
    graph = record(nx.path_graph(4, nx.DiGraph), reach=1)
    x = torch.randn(4, HIDDEN, generator=torch.Generator().manual_seed(0)).requires_grad_()
    out = gnn(x, Batch.from_data_list([graph]))
    (grad,) = torch.autograd.grad(out[read].square().sum(), x)
    return grad[changed].abs().max().item()


@pytest.mark.parametrize(("changed", "read"), [(0, 3), (3, 0)])
def test_states_depend_on_all_nodes_before_and_after(changed, read):
    assert reaction(make_gnn(False), changed, read) > 0


def test_separate_graphs_do_not_depend_on_each_other():
    gnn, graph = make_gnn(True), record(random_dag(7, 0), 50)
    x = torch.randn(14, HIDDEN)
    pair = Batch.from_data_list([graph, graph])
    before = gnn(x, pair)[:7]
    x[7:] += 1
    assert torch.equal(gnn(x, pair)[:7], before)


def test_a_graph_without_edges_is_two_steps_of_the_cell():
    gnn = make_gnn(True)
    x, nothing = torch.randn(1, HIDDEN), torch.zeros(1, HIDDEN)
    out = gnn(x, Batch.from_data_list([record(random_dag(1, 0), 50)]))
    assert_close(out, gnn.gru(nothing, gnn.gru(nothing, x)))


def test_layout_gives_each_level_one_slice_in_all_graphs():
    wide, deep = nx.DiGraph([(0, 1), (0, 2), (0, 3)]), nx.path_graph(3, nx.DiGraph)
    batch = Batch.from_data_list([record(wide, 1), record(deep, 1)])
    layout = LevelLayout(batch)
    assert layout.spans == [(0, 1), (1, 4), (4, 5)]
    assert layout.slots == 5
    x = torch.arange(7.0)[:, None]
    assert layout.scatter(x)[..., 0].tolist() == [[0, 1, 2, 3, 0], [4, 5, 0, 0, 6]]
    assert torch.equal(layout.gather(layout.scatter(x)), x)
    matrix = layout.matrix(weight := torch.arange(1.0, 6.0), torch.empty(layout.shape(weight)))
    assert matrix[0, 1:4, 0].tolist() == [1, 2, 3]
    assert [matrix[1, 1, 0].item(), matrix[1, 4, 1].item()] == [4, 5]
    assert matrix.count_nonzero() == 5
