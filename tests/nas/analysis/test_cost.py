from __future__ import annotations

import time

import pytest

from nas.analysis.cost import Cost, cost
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
    )


def test_a_graph_without_layers_costs_its_activations():
    b = GraphBuilder()
    assert cost(b.build(b.relu(b.input((1, 5))))) == Cost(
        params=0, macs=0, activation_bytes=20, layers=0
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
    start = time.perf_counter()
    found = cost(graph)
    assert time.perf_counter() - start < 1
    assert found.params > 10**16
    assert found.activation_bytes > 10**22
    assert isinstance(found.macs, int)


def test_costs_are_exact_whatever_their_size():
    b = GraphBuilder()
    width = 3 * 10**9 + 1
    found = cost(b.build(b.linear(b.input((1, width)), width)))
    assert found.macs == width**2
    assert found.params == width**2 + width
