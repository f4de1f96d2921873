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
    Tokens,
    Zero,
)
from nas.graph.ops.activation import FUNCTIONS
from nas.graph.tensor_spec import TensorSpec
from tests.nas.graph.graph_toys import graph, step

RELU = Activation(function="relu")
CONV = Conv2d(out_channels=3)
ZERO = Zero(shape=(3, 8, 8))


def kinds(graph):
    return [node.op.kind for node in graph.simplified.nodes]


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
def test_nodes_without_effect_are_left_out(nodes):
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
        Tokens(),
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
    assert (at_zero == 0) == Activation(function=function).keeps_zero


def test_names_and_parameters_of_remaining_nodes_are_kept():
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
