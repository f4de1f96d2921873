from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import hypernets
import search_spaces
from nas.evaluate.similarity import coordinates, differences, distances
from nas.graph.builder import GraphBuilder
from nas.predictor.card import Card
from nas.space.candidate import candidate, sample
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.evaluate.similarity import By
    from nas.graph.graph import Graph

TASK = Task(classes=10, channels=1, resolution=8)
SPACE = search_spaces.get("nb201:channels=4,cells=1", TASK)
EDGES = "|{}~0|+|none~0|{}~1|+|none~0|none~1|skip_connect~2|"
SKIP = candidate(SPACE, EDGES.format("skip_connect", "nor_conv_3x3"))
TWIN = candidate(SPACE, EDGES.format("nor_conv_3x3", "skip_connect"))
POOL = [sample(SPACE, np.random.default_rng(seed)).network for seed in range(12)]


class Depths:
    """Embeds a network as its number of nodes, and a constant."""

    card = Card(name="depths", space="nb201", channels=1, classes=10)

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        raise NotImplementedError

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        return torch.tensor([[float(len(graph.nodes)), 1.0] for graph in graphs])


def chain(*kernels: int, width: int = 4) -> Graph:
    b = GraphBuilder()
    x = b.input((1, 1, 8, 8))
    for kernel in kernels:
        x = b.relu(b.conv2d(x, width, kernel))
    return b.build(b.classifier(x, 10))


@pytest.mark.parametrize("by", ["both", "embedding", "costs"])
def test_isomorphic_networks_are_at_distance_zero_and_others_are_not(by: By) -> None:
    hypernet = hypernets.load("deepnets-digits")
    assert SKIP.architecture != TWIN.architecture
    own, twin, *others = distances(SKIP.network, [SKIP.network, TWIN.network, *POOL], hypernet, by)
    assert own == twin == 0
    assert min(others) > 0


def test_distances_do_not_depend_on_the_order() -> None:
    hypernet = hypernets.load("deepnets-digits")
    forth = distances(SKIP.network, POOL, hypernet)
    back = distances(SKIP.network, POOL[::-1], hypernet)[::-1]
    assert back == pytest.approx(forth, rel=1e-3)


def test_two_networks_are_usually_at_distance_one() -> None:
    hypernet = hypernets.load("deepnets-digits")
    graphs = list({graph.hash(): graph for graph in POOL}.values())
    for places in coordinates(graphs, hypernet):
        apart = np.linalg.norm(places[:, None] - places[None], axis=2)
        pairs = np.triu_indices(len(graphs), 1)
        assert np.sqrt(np.mean(apart[pairs] ** 2)) == pytest.approx(1)


def test_values_that_are_the_same_everywhere_do_not_count() -> None:
    one, two, four = chain(1), chain(1, 1), chain(1, 1, 1, 1)
    near, far = distances(one, [two, four], Depths(), "embedding")
    assert far == pytest.approx(3 * near)
    assert distances(one, [one, chain(3)], Depths(), "embedding").tolist() == [0, 0]
    assert distances(one, [chain(3)], Depths(), "costs")[0] > 0


def test_without_a_hypernetwork_the_costs_decide() -> None:
    expected = distances(SKIP.network, POOL, None, "costs")
    for by in ("both", "embedding"):
        assert distances(SKIP.network, POOL, None, by).tolist() == expected.tolist()


def test_architectures_of_one_space_differ_in_choices() -> None:
    found = differences(SKIP, TWIN)
    assert [str(one) for one in found] == [
        "edge_0_1 skip_connect → nor_conv_3x3",
        "edge_1_2 nor_conv_3x3 → skip_connect",
    ]
    wider = candidate(SPACE.at(channels=8), SKIP.architecture)
    assert [(one.name, one.own, one.other) for one in differences(SKIP, wider)] == [
        ("channels", 4, 8)
    ]


def test_other_networks_differ_in_operations_the_most_different_first() -> None:
    found = differences(chain(1, 3), chain(3, 3, 3))
    assert [(one.name, one.own, one.other) for one in found] == [
        ("conv 3×3", 1, 3),
        ("conv 1×1", 1, 0),
        ("relu", 2, 3),
    ]
    assert differences(chain(3), chain(3, width=8)) == ()
    assert differences(SKIP, SKIP.network) == ()
