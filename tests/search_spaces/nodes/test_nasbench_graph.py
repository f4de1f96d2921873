from __future__ import annotations

import pytest

from nas.errors import ConfigError, EncodingError
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.nodes.nasbench_graph import NasBenchGraph, canonical_form
from search_spaces.registry import get

CORA = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
SPACE = get("nasbench-graph", CORA)
GAT, GCN, GIN, SKIP = 0, 1, 2, 8


def choices(links, *operations):
    return {"links": links, **{f"op{node}": op for node, op in enumerate(operations)}}


def test_notation_is_the_key_of_the_benchmark():
    params = choices("0011", "gat", "gcn", "cheb", "sage")
    assert SPACE.encode(params) == "20134"
    assert SPACE.decode("20134") == params
    assert SPACE.decode(" 134\n") == choices("0000", "gat", "gcn", "cheb", "sage")
    assert SPACE.encode(SPACE.decode("134")) == "00134"


@pytest.mark.parametrize(
    ("link", "operations", "expected"),
    [
        ((0, 0, 0, 0), (GIN, GAT, GCN, GAT), ((0, 0, 0, 0), (GAT, GAT, GCN, GIN))),
        ((0, 0, 0, 1), (GIN, GCN, GAT, GCN), ((0, 0, 0, 1), (GIN, GAT, GCN, GCN))),
        ((0, 0, 1, 2), (GCN, GAT, GIN, GAT), ((0, 0, 1, 2), (GAT, GCN, GAT, GIN))),
        # a skip that others read is the input: it moves to the front, its readers beside it
        ((0, 1, 2, 3), (GAT, SKIP, GCN, GIN), ((0, 1, 2, 3), (SKIP, GAT, GCN, GIN))),
        ((0, 0, 1, 1), (SKIP, GIN, GCN, GAT), ((0, 1, 1, 1), (SKIP, GAT, GCN, GIN))),
        # at the end beside others it stays, as it adds to what is concatenated
        ((0, 1, 1, 1), (GAT, SKIP, GCN, GIN), ((0, 1, 1, 1), (GAT, GCN, GIN, SKIP))),
    ],
)
def test_canonical_form(link, operations, expected):
    assert canonical_form(link, operations) == expected
    assert canonical_form(*expected) == expected


def test_choices_with_one_canonical_form_are_one_candidate():
    behind = SPACE.graph(choices("0123", "gat", "skip", "gcn", "gin"))
    front = SPACE.graph(choices("0123", "skip", "gat", "gcn", "gin"))
    assert behind == front
    assert SPACE.encode(choices("0123", "gat", "skip", "gcn", "gin")) == "88012"


def test_leaves_are_concatenated():
    graph = SPACE.graph(choices("0011", "gat", "gcn", "gin", "skip"))
    assert graph.shapes["leaves"] == (1, 3 * 256)
    assert graph.shapes["post"] == (1, 256)
    assert "leaves" not in SPACE.graph("81111").shapes


def test_a_skip_that_carries_the_input_is_no_leaf():
    assert SPACE.encode(choices("0000", "gat", "gcn", "gin", "skip")) == "58012"


def test_sizes_are_those_of_the_benchmark_s_data_set():
    pubmed = get("nasbench-graph", Task(kind=NODE_CLASSIFICATION, features=500, classes=3))
    assert pubmed.macro() == {"channels": 128, "pre": False, "post": False, "dropout": 0.5}
    computers = get("nasbench-graph", Task(kind=NODE_CLASSIFICATION, features=767, classes=10))
    graph = computers.graph("20134")
    assert graph.shapes["pre"] == graph.shapes["node3.norm"] == (1, 64)


def test_without_dropout():
    kinds = {node.op.kind for node in SPACE.at(dropout=0.0).graph("20134").nodes}
    assert not any("dropout" in kind for kind in kinds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("123456", "expected a key of 5 digits, got '123456'"),
        ("2013a", "expected a key of 5 digits"),
        ("20139", "expected digits from 0 to 8, got 9"),
    ],
)
def test_keys_that_are_none(text, message):
    with pytest.raises(EncodingError, match=message):
        SPACE.decode(text)


def test_parameters_of_another_space_have_no_key():
    with pytest.raises(EncodingError, match="expected links and op0 to op3"):
        SPACE.encode({"links": "0000", "op0": "conv"})


def test_images_are_refused():
    with pytest.raises(ConfigError, match="needs a task on nodes"):
        NasBenchGraph(task=Task(classes=10, channels=3, resolution=32))


@pytest.mark.parametrize("sizes", [{"dropout": 1.0}, {"channels": 1}, {"channels": 2.5}])
def test_sizes_that_make_no_network(sizes):
    with pytest.raises(ConfigError, match=next(iter(sizes))):
        SPACE.at(**sizes)


def test_known_networks():
    """A chain of two layers, and two layers whose outputs are concatenated."""
    for name, operation in (("GCN", "gcn"), ("GAT", "gat")):
        graph = SPACE.graph(SPACE.known()[name]).simplified
        layers = [node for node in graph.nodes if node.op.kind == "message_passing"]
        assert [layer.op.features().kind for layer in layers] == [operation] * 2
        assert layers[0].name.partition(".")[0] in ancestors(graph, layers[1])
        assert not any(node.op.kind == "concat" for node in graph.nodes)
    jumping = SPACE.graph(SPACE.known()["JK-GCN"]).simplified
    assert jumping.shapes["leaves"] == (1, 2 * 256)


def ancestors(graph, node):
    """Scopes of all nodes that a node depends on."""
    inputs = {one.name: one.inputs for one in graph.nodes}
    found, todo = set(), list(node.inputs)
    while todo:
        name = todo.pop()
        found.add(name.partition(".")[0])
        todo.extend(inputs.get(name, ()))
    return found
