from __future__ import annotations

import time

import pytest

from nas.analysis.cost import NO_PATH, Cost, cost
from nas.graph.builder import GraphBuilder


def basic_block(b, x, channels, stride):
    y = b.conv2d(x, channels, stride=stride)
    y = b.batch_norm(b.conv2d(b.relu(b.batch_norm(y)), channels))
    if stride > 1:
        x = b.batch_norm(b.conv2d(x, channels, 1, stride=stride))
    return b.relu(b.add(x, y))


def resnet18(classes=1000, resolution=224, width=64):
    b = GraphBuilder()
    x = b.input((1, 3, resolution, resolution))
    x = b.relu(b.batch_norm(b.conv2d(x, width, 7, stride=2)))
    x = b.max_pool(x, 3, stride=2)
    for stage in range(4):
        for index in range(2):
            x = basic_block(b, x, width * 2**stage, 2 if stage and not index else 1)
    return b.build(b.classifier(x, classes))


def test_resnet_18_as_published():
    """11.69 M parameters and 1.8e9 multiply-adds (He et al. 2016; torchvision 11,689,512)."""
    found = cost(resnet18())
    assert found.params == 11_689_512
    assert found.macs == 1_814_073_344
    assert found.layers == 18 + 3  # with the shortcuts' convolutions


def test_a_network_counted_by_hand():
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 3, 8, 8)), 4, stride=2, bias=True)
    x = b.relu(b.batch_norm(x))
    graph = b.build(b.classifier(x, 10))
    assert cost(graph) == Cost(
        params=(4 * 27 + 4) + 8 + (10 * 4 + 10),
        macs=16 * 4 * 27 + 10 * 4,
        activation_bytes=4 * (3 * 4 * 16 + 4 + 4 + 10),
        layers=2,
        shortest_path=3,  # the global pool is one
        mean_path=2.0,
    )


def test_a_graph_without_layers_costs_its_activations():
    b = GraphBuilder()
    assert cost(b.build(b.relu(b.input((1, 5))))) == Cost(
        params=0, macs=0, activation_bytes=20, layers=0, shortest_path=0, mean_path=0.0
    )


def test_dead_branches_count_until_they_are_left_out():
    b = GraphBuilder()
    x = b.input((1, 4))
    b.linear(x, 100)
    graph = b.build(b.linear(x, 2))
    assert cost(graph).params == 500 + 10
    assert cost(graph.simplified).params == 10


@pytest.mark.parametrize("batch", [1, 2, 64])
def test_macs_and_parameters_are_those_of_one_sample(batch):
    b = GraphBuilder()
    graph = b.build(b.classifier(b.conv2d(b.input((batch, 3, 8, 8)), 4), 10))
    assert (cost(graph).macs, cost(graph).params) == (64 * 4 * 27 + 40, 108 + 50)


def test_networks_that_fit_no_memory_are_counted_at_once():
    """Two billion times the parameters of ResNet-18, on images of 10^16 pixels."""
    graph = resnet18(resolution=10**8, width=64 * 2**15)
    start = time.process_time()
    found = cost(graph)
    assert time.process_time() - start < 1
    assert found.params > 10**16
    assert found.activation_bytes > 10**22
    assert isinstance(found.macs, int)


def test_costs_are_exact_whatever_their_size():
    b = GraphBuilder()
    width = 2 * 10**9 + 1
    found = cost(b.build(b.linear(b.input((1, width)), width)))
    assert found.macs == width**2
    assert found.params == width**2 + width


def plain(b, x):
    return b.conv2d(b.conv2d(x, 3), 3)


def residual(b, x):
    return b.add(x, b.relu(b.batch_norm(plain(b, x))))


def narrowing(b, x):
    """The shortcut is one convolution, the other way two."""
    return b.concat(b.conv2d(x, 3, 1), plain(b, x))


def pooled(b, x):
    return b.add(plain(b, x), b.max_pool(b.avg_pool(b.conv2d(x, 3))))


def decorated(b, x):
    x = b.dropout(b.identity(b.shift(b.group_norm(x, 3))), 0.5)
    return b.conv2d(b.drop_path(b.activation(x, "gelu"), 0.1), 3)


def half_blocked(b, x):
    return b.add(b.zero(x), plain(b, x))


@pytest.mark.parametrize(
    ("block", "length"),
    [
        (plain, 2),
        (residual, 0),
        (narrowing, 1),
        (pooled, 2),
        (decorated, 1),
        (half_blocked, 2),
        (lambda b, x: residual(b, plain(b, x)), 2),
        (lambda b, x: x, 0),
    ],
)
def test_the_shortest_path_of_a_network_with_a_stem_a_pool_and_a_head(block, length):
    b = GraphBuilder()
    stem = b.conv2d(b.input((1, 3, 8, 8)), 3)
    graph = b.build(b.classifier(block(b, stem), 10))
    assert cost(graph).shortest_path == cost(graph.simplified).shortest_path == length + 3


def test_the_shortest_path_of_resnet_18_takes_every_shortcut():
    assert cost(resnet18()).shortest_path == 1 + 1 + 3 + 1 + 1  # stem, pool, shortcuts, pool, head


def test_dead_branches_are_no_way_to_the_output():
    b = GraphBuilder()
    x = b.input((1, 4))
    b.linear(x, 2)
    assert cost(b.build(b.linear(b.linear(x, 4), 2))).shortest_path == 2


def test_where_no_way_leads_to_the_output_the_path_is_longer_than_any():
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 3, 8, 8)), 4)
    graph = b.build(b.classifier(b.conv2d(b.zero(x), 4), 10))
    assert cost(graph).shortest_path == cost(graph.simplified).shortest_path == NO_PATH
    assert cost(resnet18()).shortest_path < NO_PATH


def test_the_shortest_of_several_inputs_and_outputs_counts():
    b = GraphBuilder()
    x, y = b.input((1, 4), name="x"), b.input((1, 4), name="y")
    deep = b.linear(b.linear(b.linear(x, 4), 4), 4)
    assert cost(b.build(b.add(deep, b.linear(y, 4)))).shortest_path == 1
    assert cost(b.build(deep, b.linear(b.linear(y, 4), 4))).shortest_path == 2


def test_the_mean_path_counts_every_way_once():
    b = GraphBuilder()
    x = b.input((1, 4))
    one, two = b.linear(x, 4), b.linear(b.linear(x, 4), 4)
    assert cost(b.build(b.add(x, one, two))).mean_path == pytest.approx((0 + 1 + 2) / 3)
    assert cost(b.build(b.relu(b.add(one, two)), x)).mean_path == pytest.approx((1 + 2 + 0) / 3)
    assert cost(b.build(b.add(b.zero(one), two))).mean_path == 2.0
    assert cost(b.build(b.zero(x))).mean_path == 0.0


def test_the_mean_path_adds_up_over_blocks_in_a_row():
    """Of the two ways through a basic block one has two layers, one none or a shortcut's."""
    assert cost(resnet18()).mean_path == pytest.approx(1 + 5 * (2 + 0) / 2 + 3 * (2 + 1) / 2 + 1)


def test_more_ways_than_a_float_can_hold():
    b = GraphBuilder()
    x = b.input((1, 4))
    for _ in range(700):
        x = b.add(x, x, b.linear(x, 4))  # 3^700 ways
    assert cost(b.build(x)).mean_path == pytest.approx(700 / 3)


def test_the_edges_of_a_data_graph_are_no_way_through_a_network():
    b = GraphBuilder()
    x, edges = b.input((1, 4)), b.edge_index()
    x = b.graph_attention(b.message_passing(x, edges, "gcn", 4), edges, "const", 4)
    found = cost(b.build(b.linear(x, 2)))
    assert (found.shortest_path, found.mean_path, found.layers) == (3, 3.0, 3)
    assert cost(b.build(edges)).mean_path == 0.0
