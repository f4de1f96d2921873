from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from torch import nn

from nas.errors import ShapeError
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.op import ParamSpec, Role
from nas.graph.ops import Activation, Add, BatchNorm2d, Conv2d, Linear
from nas.graph.ops.layer import Layer
from tests.nas.graph.graph_toys import graph, step


@pytest.fixture
def network():
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    with b.scope("stem"):
        x = b.batch_norm(b.conv2d(x, 4, stride=2, bias=True, name="conv"), name="norm")
    return b.build(b.classifier(x, 10))


def test_a_graph_is_a_frozen_value(network):
    twin = Graph(network.inputs, network.nodes, network.outputs)
    assert twin == network
    assert len({twin, network}) == 1
    assert twin != Graph(network.inputs, network.nodes, ("flatten",))
    with pytest.raises(FrozenInstanceError):
        network.outputs = ("pool",)


def test_shapes_of_every_value(network):
    assert network.shapes == {
        "x": (1, 3, 8, 8),
        "stem.conv": (1, 4, 4, 4),
        "stem.norm": (1, 4, 4, 4),
        "pool": (1, 4, 1, 1),
        "flatten": (1, 4),
        "classifier": (1, 10),
    }


def test_parameters_have_names_shapes_and_roles(network):
    assert network.parameters() == {
        "stem.conv.weight": ParamSpec((4, 3, 3, 3), Role.WEIGHT),
        "stem.conv.bias": ParamSpec((4,), Role.BIAS),
        "stem.norm.weight": ParamSpec((4,), Role.SCALE),
        "stem.norm.bias": ParamSpec((4,), Role.SHIFT),
        "classifier.weight": ParamSpec((10, 4), Role.CLASS_WEIGHT),
        "classifier.bias": ParamSpec((10,), Role.CLASS_BIAS),
    }


def test_parameters_given_out_can_be_changed_without_harm(network):
    network.parameters().clear()
    assert network.parameters()


def test_consumers_count_every_read():
    read = graph(step("a", Add(), "x", "x"), step("b", Add(), "a", "x"))
    assert read.consumers == {"x": ("a", "a", "b"), "a": ("b",), "b": ()}


def test_input_shapes_follow_the_order_of_reading():
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    y = b.conv2d(x, 5)
    read = b.build(b.concat(y, x))
    assert read.input_shapes(read.nodes[-1]) == [(1, 5, 8, 8), (1, 3, 8, 8)]


def test_shape_error_names_the_node_and_its_inputs():
    wrong = graph(step("a", Conv2d(out_channels=4)), step("sum", Add(), "a", "x"))
    with pytest.raises(ShapeError, match=r"node 'sum' \(add\).*'a' \(1, 4, 8, 8\), 'x' \(1, 3,"):
        _ = wrong.shapes


def test_isomorphic_graphs_are_one_in_a_set_of_hashes():
    relu = Activation(function="relu")
    conv = Conv2d(out_channels=3)
    one = graph(step("a", conv), step("b", relu), step("c", Add(), "a", "b"))
    other = graph(step("p", relu), step("q", conv), step("r", Add(), "p", "q"))
    assert one != other
    assert one.hash() == other.hash()


@pytest.mark.parametrize("op", [BatchNorm2d(), Linear(out_features=4)])
def test_equal_layers_have_parameters_of_their_own(op):
    twice = graph(step("a", op), step("b", op), step("c", Add(), "a", "b"))
    assert {name.partition(".")[0] for name in twice.parameters()} == {"a", "b"}


def test_every_parameter_has_its_node_as_owner(network):
    assert network.owners.keys() == network.parameters().keys()
    assert network.owners["stem.conv.bias"] == "stem.conv"
    dotted = Layer(layer=nn.Sequential(nn.Linear(4, 4)), shape=(1, 4), opaque=False)
    parts = graph(step("a.b", dotted, "x"), shape=(1, 4))
    assert parts.owners == {"a.b.0.weight": "a.b", "a.b.0.bias": "a.b"}
