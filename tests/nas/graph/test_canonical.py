from __future__ import annotations

import pytest

from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.ops import (
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    Identity,
    Linear,
    MaxPool2d,
    Mul,
    Shift2d,
    Zero,
)
from nas.graph.ops.activation import FUNCTIONS, ZERO_PRESERVING
from nas.graph.tensor_spec import TensorSpec
from tests.nas.graph.graph_toys import graph, step

RELU = Activation(function="relu")
TANH = Activation(function="tanh")
CONV = Conv2d(out_channels=3)
ZERO = Zero(shape=(3, 8, 8))


def kinds(graph):
    return [node.op.kind for node in graph.simplified.nodes]


def test_hash_is_32_hex_digits():
    text = graph(step("a", RELU)).hash()
    assert len(text) == 32
    assert int(text, 16)


def test_hash_is_the_same_in_every_process():
    """Caches and databases keep it, so it must not depend on Python's hash seed or on caches."""
    assert graph(step("a", CONV)).hash() == "29ca383639ba8df34c6f61dd951cc44f"


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


@pytest.mark.parametrize(
    "nodes",
    [
        [step("i", Identity()), step("a", CONV, "i")],
        [step("s", Add()), step("a", CONV, "s")],
        [step("z", ZERO), step("s", Add(), "z", "x", "z"), step("a", CONV, "s")],
        [step("dead", CONV), step("deader", RELU, "dead"), step("a", CONV)],
        [step("a", CONV), step("z", ZERO), step("s", Add(), "z", "a")],
        [step("z", ZERO), step("m", Mul(), "z", "x"), step("a", CONV), step("s", Add(), "a", "m")],
    ],
)
def test_what_changes_nothing_is_left_out(nodes):
    detour = graph(*nodes)
    assert kinds(detour) == ["conv2d"]
    assert detour.hash() == graph(step("conv", CONV)).hash()


@pytest.mark.parametrize(
    "op",
    [
        RELU,
        AdaptiveAvgPool2d(size=2),
        AvgPool2d(),
        Dropout(rate=0.5),
        Flatten(),
        MaxPool2d(stride=2),
        Shift2d(),
    ],
)
def test_zeros_pass_through(op):
    after = graph(step("z", ZERO), step("a", op, "z"))
    assert after.simplified.nodes == (step("a", Zero(shape=after.shapes["a"][1:])),)


def test_a_sum_and_a_concatenation_of_zeros_are_zeros():
    zeros = (step("z", ZERO), step("y", ZERO))
    for op, shape in ((Add(), (3, 8, 8)), (Concat(), (6, 8, 8))):
        assert graph(*zeros, step("a", op, "z", "y")).simplified.nodes == (
            step("a", Zero(shape=shape)),
        )
    assert kinds(graph(step("z", ZERO), step("a", Concat(), "z", "x"))) == ["zero", "concat"]


@pytest.mark.parametrize("op", [CONV, Linear(out_features=3), Activation(function="sigmoid")])
def test_what_makes_something_of_zeros_stays(op):
    assert kinds(graph(step("z", ZERO), step("a", op, "z"))) == ["zero", op.kind]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_said_to_keep_zero_do(function):
    import torch

    at_zero = FUNCTIONS[function](torch.zeros(())).item()
    assert (at_zero == 0) == (function in ZERO_PRESERVING)


def test_names_and_parameters_of_what_stays_are_kept():
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    b.conv2d(x, 8, name="dead")
    x = b.identity(b.conv2d(x, 4, name="alive"))
    network = b.build(b.classifier(x, 10))
    assert list(network.parameters()) == [
        "dead.weight",
        "alive.weight",
        "classifier.weight",
        "classifier.bias",
    ]
    assert list(network.simplified.parameters()) == list(network.parameters())[1:]


def test_an_identity_of_the_input_can_be_the_output():
    assert graph(step("i", Identity())).simplified == Graph(
        (TensorSpec((1, 3, 8, 8)),), (), ("x",)
    )
