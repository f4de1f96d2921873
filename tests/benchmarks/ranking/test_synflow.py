from __future__ import annotations

import pytest
import torch

from benchmarks.ranking.synflow import synflow, without_norms
from benchmarks.ranking.untrained import untrained
from nas.graph.builder import GraphBuilder
from search_spaces.registry import get
from tests.hypernets.hypernet_toys import digits


def filled(graph, values):
    """Parameters of a graph from plain numbers; norms get some that would spoil the score."""
    return {
        name: torch.tensor(values.get(name, [7.0] * spec.shape[0])).reshape(spec.shape)
        for name, spec in graph.parameters().items()
    }


def test_a_chain_counted_by_hand():
    """Each of four pixels gives 3 * 2 + 4 * 1 = 10, and each layer is worth the whole of it."""
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 1, 2, 2)), 2, 1, name="first")
    x = b.relu(b.batch_norm(x, name="norm"))
    graph = b.build(b.conv2d(x, 1, 1, name="second"))
    params = filled(graph, {"first.weight": [-2.0, 1.0], "second.weight": [3.0, -4.0]})
    assert synflow(graph, params) == pytest.approx(2 * 40)


def test_biases_pass_signal_and_are_not_summed():
    """(2 + 5) * 3 = 21: 3 * 7 for the second weight, 2 * 3 for the first."""
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 1, 1, 1)), 1, 1, bias=True, name="first")
    graph = b.build(b.conv2d(x, 1, 1, name="second"))
    values = {"first.weight": [-2.0], "first.bias": [-5.0], "second.weight": [3.0]}
    assert synflow(graph, filled(graph, values)) == pytest.approx(21 + 6)


def test_a_broken_network_passes_nothing():
    space = get("nb201:channels=4,cells=1", digits().task)
    graph = space.graph("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|").simplified
    assert synflow(graph, untrained(graph, 0)) == 0


def test_deep_networks_stay_finite():
    b = GraphBuilder()
    x = b.input((1, 64, 4, 4))
    for _ in range(60):
        x = b.conv2d(x, 64)
    graph = b.build(x)
    assert 1e60 < synflow(graph, untrained(graph, 0)) < float("inf")


def test_norms_are_left_out_and_weights_stay():
    b = GraphBuilder()
    graph = b.build(b.batch_norm(b.conv2d(b.input((1, 1, 2, 2)), 2, name="conv")))
    assert list(without_norms(graph).parameters()) == ["conv.weight"]
