from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import search_spaces
from cli.space import task_for
from nas.analysis.cost import cost
from nas.drawing.outline import outline
from nas.drawing.view import View
from nas.graph.builder import GraphBuilder
from nas.space.candidate import sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nas.drawing.entry import Entry
    from nas.graph.builder import Value
    from nas.graph.graph import Graph


def stack(kernels: Iterable[int], channels: Iterable[int] | None = None) -> Graph:
    """Residual blocks of two convolutions, the second of the given kernel."""
    kernels = list(kernels)
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 3, 8, 8)), 4, name="stem")
    for index, (kernel, width) in enumerate(
        zip(kernels, channels or [4] * len(kernels), strict=True)
    ):
        with b.scope(f"block{index}"):
            x = _block(b, x, kernel, width)
    return b.build(b.classifier(x, 2))


def _block(b: GraphBuilder, x: Value, kernel: int, width: int) -> Value:
    y = b.relu(b.conv2d(x, width, 1, name="first"))
    y = b.conv2d(y, width, kernel, name="second")
    if width != x.channels:
        x = b.conv2d(x, width, 1, name="shortcut")
    return b.add(x, y)


def titles(graph: Graph) -> list[str]:
    return [entry.title for entry in outline(View(graph))]


def test_operations_in_a_row_are_one_entry_named_after_the_last() -> None:
    b = GraphBuilder()
    x = b.relu(b.conv2d(b.input((1, 3, 8, 8)), 4))
    (entry,) = outline(View(b.build(b.classifier(x, 2))))

    assert entry.name == "classifier"
    assert [node.op.kind for node in entry.nodes][:2] == ["conv2d", "activation"]
    assert entry.is_chain


def test_a_value_that_others_read_ends_a_row() -> None:
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    y = b.relu(x)
    graph = b.build(b.add(b.conv2d(y, 3, name="left"), y))
    assert titles(graph) == ["relu", "left", "add"]


def test_equal_blocks_in_a_row_are_folded() -> None:
    stem, blocks, _ = outline(View(stack([3, 3, 3])))

    assert stem.title == "stem"
    assert (blocks.title, blocks.times) == ("block0 to block2", 3)
    assert blocks.last == "block2.add"
    assert names(blocks) == ["second", "add"]


@pytest.mark.parametrize("kernels", [(3, 5, 3), (1, 3, 3)])
def test_a_block_that_differs_is_not_folded(kernels: tuple[int, ...]) -> None:
    assert "block0 to block2" not in titles(stack(kernels))


def test_blocks_that_read_something_else_are_not_folded() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 3, 8, 8)), 4, name="stem")
    values = []
    for index in range(3):  # side by side, not one after another
        with b.scope(f"block{index}"):
            values.append(_block(b, x, 3, 4))
    graph = b.build(b.add(*values))
    assert titles(graph) == ["stem", "block0", "block1", "block2", "add"]


def test_a_wider_copy_says_what_it_is_like() -> None:
    entries = {entry.name: entry for entry in outline(View(stack([3, 3, 3, 3], [4, 4, 8, 8])))}

    assert entries["block0"].times == 2
    assert entries["block2"].like == ""
    assert names(entries["block2"]) == ["second", "shortcut", "add"]
    assert (entries["block3"].like, entries["block3"].entries) == ("block0", ())


@pytest.mark.parametrize(
    ("branches", "shown", "without"),
    [((3, 5, 7, 1), [], ()), ((3, 5, 7, 3), ["side3"], ()), ((3, 5, 7), ["add"], ("side3",))],
)
def test_a_copy_shows_what_differs_and_names_what_is_missing(
    branches: tuple[int, ...], shown: list[str], without: tuple[str, ...]
) -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 8, 8))
    for cell, kernels in enumerate([(3, 5, 7, 1), branches]):
        with b.scope(f"cell{cell}"):
            sides = []
            for side, kernel in enumerate(kernels):
                with b.scope(f"side{side}"):
                    sides.append(b.relu(b.conv2d(x, 8 * (1 + cell), kernel)))
            x = b.add(*sides)
    _, second = outline(View(b.build(x)))

    assert (second.like, names(second), second.without) == ("cell0", shown, without)


def names(entry: Entry) -> list[str]:
    return [inner.name for inner in entry.entries]


@pytest.mark.parametrize("name", search_spaces.names())
def test_what_is_shown_adds_up_to_the_network(name: str) -> None:
    rng = np.random.default_rng(0)
    space = search_spaces.get(name, task_for(name))
    for _ in range(2):
        graph = sample(space, rng).network
        view = View(graph)
        entries = outline(view)
        shares = [(entry.times, *view.cost(entry.nodes)) for entry in entries]
        assert sum(e.times * len(e.nodes) for e in entries) == len(view.nodes)
        assert sum(times * params for times, params, _ in shares) == cost(graph).params
        assert sum(times * macs for times, _, macs in shares) == cost(graph).macs


def test_layers_of_a_graph_network_are_folded_though_all_read_the_edges() -> None:
    b = GraphBuilder()
    x, edges = b.input((1, 8)), b.edge_index()
    for index in range(3):
        with b.scope(f"layer{index}"):
            x = b.relu(b.message_passing(x, edges, "gcn", 8))
    view = View(b.build(b.linear(x, 2)))
    (layers, _) = outline(view)

    assert dict(view.ambient) == {"edge_index": 3}
    assert (layers.title, layers.is_chain) == ("layer0 to layer2", True)
