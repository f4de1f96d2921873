from __future__ import annotations

import itertools
import time

import networkx as nx
import numpy as np
import pytest

import search_spaces
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops import Activation, Add, Concat, Conv2d, Dropout, DropPath, Mul
from nas.graph.tensor_spec import TensorSpec
from nas.space.candidate import sample
from nas.task.task import Task
from tests.nas.graph.graph_toys import graph, step

RELU = Activation(function="relu")
TANH = Activation(function="tanh")
CONV = Conv2d(out_channels=3)


def test_hash_is_32_hex_digits():
    text = graph(step("a", RELU)).hash()
    assert len(text) == 32
    assert int(text, 16)


def test_hash_is_the_same_in_every_process():
    """Caches and databases keep it, so it must not depend on Python's hash seed or on caches."""
    assert graph(step("a", CONV)).hash() == "66e36f7aa7b5e11bda6dda70192af866"


@pytest.mark.parametrize(
    "other",
    [
        graph(step("a", TANH)),
        graph(step("a", RELU), step("b", RELU, "a")),
        graph(step("a", RELU), shape=(1, 3, 8, 9)),
        graph(step("a", RELU), outputs=("a", "a")),
        graph(step("a", RELU), outputs=("x",)),
        graph(step("a", RELU), outputs=("x", "a")),
        Graph((TensorSpec((1, 3, 8, 8), "float64"),), (step("a", RELU),), ("a",)),
    ],
)
def test_hash_sees_operations_shapes_and_outputs(other):
    assert other.hash() != graph(step("a", RELU)).hash()


def test_hash_sees_the_order_of_outputs_and_of_inputs_that_do_not_commute():
    parts = (step("a", RELU), step("b", TANH))
    forth, back = graph(*parts, outputs=("a", "b")), graph(*parts, outputs=("b", "a"))
    assert forth.hash() != back.hash()
    cat = [graph(*parts, step("c", Concat(), *order)).hash() for order in (("a", "b"), ("b", "a"))]
    assert cat[0] != cat[1]


def test_hash_sees_which_graph_input_is_read():
    specs = (TensorSpec((1, 4), name="x"), TensorSpec((1, 4), name="y"))
    first, second = (Graph(specs, (step("a", RELU, name),), ("a",)) for name in ("x", "y"))
    assert first.hash() != second.hash()


def test_hash_does_not_see_the_order_of_a_sum_or_product():
    parts = (step("a", RELU), step("b", TANH))
    for op in (Add(), Mul()):
        first, second = (
            graph(*parts, step("c", op, *order)) for order in (("a", "b"), ("b", "a"))
        )
        assert first.hash() == second.hash()


def test_hash_sees_whether_two_equal_layers_are_one():
    """They share their weights or have weights of their own."""
    shared = graph(step("a", CONV), step("sum", Add(), "a", "a"))
    apart = graph(step("a", CONV), step("b", CONV), step("sum", Add(), "a", "b"))
    assert shared.hash() != apart.hash()


def test_hash_sees_which_of_two_equal_layers_is_read():
    """Both graphs have the same layers at the same depth, wired differently."""

    def wired(*second):
        layers = [step("a", CONV), step("b", CONV)]
        layers += [step(f"c{i}", CONV, name) for i, name in enumerate(second)]
        return graph(*layers, step("sum", Add(), "a", "b", *(f"c{i}" for i in range(len(second)))))

    assert wired("a", "a").hash() != wired("a", "b").hash()
    assert wired("a", "b").hash() == wired("b", "a").hash()
    assert wired("a", "a").hash() == wired("b", "b").hash()


def test_hash_sees_at_which_place_an_equal_layer_is_read():
    """Two concatenations of two equal layers, in the same order and in opposite orders."""

    def wired(*second):
        layers = [step("a", CONV), step("b", CONV)]
        joined = [step("c", Concat(), "a", "b"), step("d", Concat(), *second)]
        return graph(*layers, *joined, step("sum", Add(), "c", "d"))

    assert wired("a", "b").hash() != wired("b", "a").hash()


def test_hash_sees_which_equal_layers_are_read_together():
    """Four equal layers: a, b are told from c, d by what else reads them, and paired anew."""

    def wired(first, second):
        layers = [step(name, CONV) for name in "abcd"]
        marks = [step("t", Add(), "a", "b"), step("ft", TANH, "t")]
        marks += [step("u", Add(), "c", "d"), step("fu", RELU, "u")]
        pairs = [step("p", Mul(), *first), step("q", Mul(), *second)]
        return graph(*layers, *marks, *pairs, step("sum", Add(), "ft", "fu", "p", "q"))

    assert wired("ab", "cd").hash() != wired("ac", "bd").hash()
    assert wired("ac", "bd").hash() == wired("da", "cb").hash()


def rings(*lengths):
    """Equal layers and sums of two of them, alternating around rings."""
    layers, sums = [], []
    for ring, length in enumerate(lengths):
        names = [f"conv{ring}_{index}" for index in range(length)]
        layers += [step(name, CONV) for name in names]
        sums += [
            step(f"sum{ring}_{index}", Add(), names[index - 1], names[index])
            for index in range(length)
        ]
    return graph(*layers, *sums, step("last", Add(), *(node.name for node in sums)))


def test_hash_distinguishes_one_ring_from_two():
    """Every layer and every sum has equal neighbours; only the whole differs."""
    hashes = [rings(*lengths).hash() for lengths in ((8,), (4, 4), (5, 3), (6, 2))]
    assert len(set(hashes)) == 4
    assert rings(3, 5).hash() == rings(5, 3).hash()


def test_hash_distinguishes_two_sums_of_both_blocks_from_two_doubled_blocks():
    """The last blocks of the cell each add states 2 and 3, or one of them adds state 2 twice."""
    space = search_spaces.get("nasnet", Task(classes=10, channels=3, resolution=8), cells=1)
    drawn = dict(sample(space, np.random.default_rng(0)).params)

    def cell(*reads):
        params = dict(drawn)
        for index, (left, right) in enumerate([(0, 1), (0, 1), *reads, (4, 5)]):
            params[f"normal.{index}.left_input"] = left
            params[f"normal.{index}.right_input"] = right
            params[f"normal.{index}.left_op"] = "identity" if index > 1 else "conv_3x3"
            params[f"normal.{index}.right_op"] = "identity" if index > 1 else "conv_3x3"
        return space.graph(params).hash()

    assert cell((2, 3), (2, 3)) != cell((2, 2), (3, 3))
    assert cell((2, 3), (3, 2)) == cell((2, 3), (2, 3))
    assert cell((3, 3), (2, 2)) == cell((2, 2), (3, 3))


def shuffled(network, rng):
    """The same graph in another topological order, sums read the other way, names by position."""
    waiting = list(network.nodes)
    names = {spec.name: spec.name for spec in network.inputs}
    nodes: list[Node] = []
    while waiting:
        ready = [node for node in waiting if all(name in names for name in node.inputs)]
        node = ready[rng.integers(len(ready))]
        waiting.remove(node)
        reads = [names[name] for name in node.inputs]
        if node.op.commutative:
            rng.shuffle(reads)
        names[node.name] = f"n{len(nodes)}"
        nodes.append(Node(names[node.name], node.op, tuple(reads)))
    return Graph(network.inputs, tuple(nodes), tuple(names[name] for name in network.outputs))


@pytest.mark.parametrize("name", ["darts", "nasnet", "nb201"])
def test_hash_is_that_of_any_order_of_the_nodes(name):
    space = search_spaces.get(name, Task(classes=10, channels=1, resolution=8))
    rng = np.random.default_rng(0)
    for _ in range(10):
        network = sample(space, rng).graph
        assert shuffled(network, rng).hash() == network.hash()


def test_equal_hashes_mean_isomorphic_graphs():
    """Against networkx, over graphs of few kinds of layers, where symmetries abound."""
    rng = np.random.default_rng(0)
    networks = [_random_graph(rng) for _ in range(400)]
    views = [_view(network) for network in networks]
    pairs = 0
    for first, second in itertools.combinations(range(len(networks)), 2):
        equal = networks[first].hash() == networks[second].hash()
        pairs += equal
        if equal or nx.faster_could_be_isomorphic(views[first], views[second]):
            assert equal == nx.is_isomorphic(
                views[first],
                views[second],
                node_match=lambda a, b: a["label"] == b["label"],
                edge_match=lambda a, b: a["count"] == b["count"],
            )
    assert pairs > 20


def _random_graph(rng):
    """Equal layers, then sums of two, then one sum of all."""
    layers = [f"c{index}" for index in range(rng.integers(2, 5))]
    nodes = [step(name, CONV) for name in layers]
    values = list(layers)
    for index in range(rng.integers(2, 6)):
        reads = [values[i] for i in rng.integers(len(values), size=2)]
        nodes.append(step(f"s{index}", Mul(), *reads))
        values.append(f"s{index}")
    return graph(*nodes, step("last", Add(), *values))


def _view(network):
    view = nx.DiGraph()
    view.add_node("x", label="x")
    for node in network.simplified.nodes:
        view.add_node(node.name, label=node.op.kind)
        for name in node.inputs:
            count = node.inputs.count(name)
            view.add_edge(name, node.name, count=count)
    return view


def test_many_equal_branches_are_hashed_in_no_time():
    """Twins that read and are read alike, and twins each of which reads all of the others."""
    first = [step(f"a{index}", CONV) for index in range(12)]
    sums = [step(f"s{index}", Add(), *(node.name for node in first)) for index in range(12)]
    chains = [step(f"r{index}", RELU, "s0") for index in range(200)]
    chains += [step(f"c{index}", CONV, f"r{index}") for index in range(200)]
    ends = [node.name for node in (*sums, *chains[200:])]
    network = graph(*first, *sums, *chains, step("last", Add(), *ends)).simplified
    start = time.process_time()
    network.hash()
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("kind", [Dropout, DropPath])
def test_hash_does_not_see_how_a_number_is_written(kind):
    """Equal operations are one key of every cache, so they must be written alike."""
    assert repr(kind(rate=0)) == repr(kind(rate=0.0))
    assert graph(step("a", kind(rate=0))).hash() == graph(step("a", kind(rate=0.0))).hash()
