from __future__ import annotations

from nas.analysis.cost import cost
from nas.graph.builder import GraphBuilder
from nas.measure.features import features
from tests.nas.measure.networks import network


def test_sums_are_those_of_the_cost():
    graph = network(8, depth=3)
    found, known = features(graph), cost(graph)
    assert found["whole all macs"] == known.macs
    assert found["whole all weights"] == known.params
    assert 4 * found["whole all elements"] == known.activation_bytes
    assert found["whole all count"] == found["whole all depth"] == len(graph.nodes)
    assert found["whole conv2d 3x3 count"] == 3
    assert found["whole activation macs"] == 0


def test_dead_branches_count_for_the_whole_only():
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    b.conv2d(x, 64, 5)
    found = features(b.build(b.conv2d(b.conv2d(x, 4, 1), 4, 3, groups=4)))
    assert found["whole conv2d 5x5 count"] == 1
    assert "live conv2d 5x5 count" not in found
    assert found["live conv2d 3x3 grouped macs"] == 9 * 4 * 64
    assert found["live all count"] == 2
