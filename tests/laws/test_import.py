"""The import of a compiled architecture is the architecture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from nas.analysis.cost import cost
from nas.compile.module import to_module
from nas.graph.graph import Graph
from nas.graph.ops import Add, Attention, DropPath, Linear
from nas.importers.from_module import from_module
from nas.space.candidate import sample
from nas.task.task import Task
from search_spaces.registry import get, names
from tests.laws.graph_strategies import graphs as random_graphs
from tests.search_spaces.tasks import is_for_nodes

SAMPLES = 3


@pytest.fixture(scope="module", params=[name for name in names() if not is_for_nodes(name)])
def pairs(request) -> list[tuple[Graph, Graph]]:
    """Architectures of a space, each with the import of its module."""
    space = get(request.param, Task(classes=10, channels=3, resolution=32))
    rng = np.random.default_rng(0)
    graphs = [sample(space, rng).graph for _ in range(SAMPLES)]
    return [(graph, imported(graph)) for graph in graphs]


def imported(graph: Graph) -> Graph:
    return from_module(to_module(graph), [torch.zeros(s.shape) for s in graph.inputs]).graph


def joined(graph: Graph) -> Graph:
    """The graph with every sum that only a sum reads as part of that.

    A sum of sums and a sum of all are the same calls of the same function.
    """
    graph, nodes = graph.simplified, []
    terms: dict[str, tuple[str, ...]] = {}
    for node in graph.nodes:
        if isinstance(node.op, Add):
            inputs = tuple(one for name in node.inputs for one in terms.pop(name, (name,)))
            node = replace(node, inputs=inputs)
            if len(graph.consumers[node.name]) == 1 and node.name not in graph.outputs:
                (reader,) = graph.consumers[node.name]
                terms[node.name] = inputs if is_sum(graph, reader) else (node.name,)
        nodes.append(node)
    return Graph(graph.inputs, tuple(nodes), graph.outputs).simplified


def with_head(graph: Graph) -> Graph:
    """The graph with its last layer as a head: no other layer gives class scores."""
    *nodes, last = graph.nodes
    assert isinstance(last.op, Linear)
    nodes.append(replace(last, op=replace(last.op, head=True)))
    return Graph(graph.inputs, tuple(nodes), graph.outputs)


def is_sum(graph: Graph, name: str) -> bool:
    return any(node.name == name and isinstance(node.op, Add) for node in graph.nodes)


def test_the_import_is_the_graph(pairs) -> None:
    """But for attention, which is compiled to the functions it is made of, and drop path, which
    leaves no trace in evaluation mode."""
    for graph, again in pairs:
        if any(isinstance(node.op, Attention | DropPath) for node in graph.nodes):
            continue
        plain = joined(graph).hash()
        assert joined(again).hash() == plain
        assert (again.hash() == graph.hash()) or plain != graph.hash()


def test_the_import_costs_the_same_as_the_graph(pairs) -> None:
    for graph, again in pairs:
        expected, actual = cost(graph), cost(again)
        assert actual.params == expected.params
        assert actual.macs == expected.macs
        assert actual.layers == expected.layers


def test_parameters_keep_their_names_shapes_and_roles(pairs) -> None:
    for graph, again in pairs:
        assert again.parameters() == graph.parameters()


def test_the_import_of_a_random_graph_is_the_graph() -> None:
    @settings(max_examples=25, deadline=None, derandomize=True, database=None)
    @given(random_graphs())
    def holds(graph: Graph) -> None:
        if any(isinstance(node.op, DropPath) for node in graph.simplified.nodes):
            return
        assert joined(imported(graph)).hash() == joined(with_head(graph)).hash()

    holds()
