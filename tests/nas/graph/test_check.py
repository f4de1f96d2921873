from __future__ import annotations

import pytest

from nas.compile.module import to_module
from nas.errors import GraphError
from nas.graph.check import check
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops import Activation, Add, Conv2d, Linear, Mul
from nas.graph.tensor_spec import TensorSpec
from tests.nas.graph.graph_toys import graph, step

RELU = Activation(function="relu")
CONV = Conv2d(out_channels=3)
IMAGE = TensorSpec((1, 3, 8, 8))


def faults(graph):
    with pytest.raises(GraphError) as caught:
        check(graph)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([step("two words", RELU)], "node 'two words'.*identifiers joined by dots"),
        ([step("a..b", RELU)], r"node 'a\.\.b'.*identifiers joined by dots"),
        ([step("class", RELU)], "node 'class'.*identifiers joined by dots"),
        ([step("train", CONV)], "node 'train'.*'train' is an attribute of every torch module"),
        ([step("code.a", CONV)], "node 'code.a'.*'code' is an attribute of every torch module"),
        ([step("ﬁ", RELU)], "node 'ﬁ'.*Python reads the name as 'fi'; write it like that"),
        ([step("x", RELU)], "node 'x'.*taken by an earlier node or input"),
        ([step("a", RELU), step("a", RELU)], "node 'a'.*taken by an earlier node"),
        ([step("a.b", CONV), step("a", CONV)], "node 'a'.*scope of other nodes"),
        ([step("a", CONV), step("a.b.c", CONV)], "node 'a'.*scope of other nodes"),
        ([step("a", RELU, "b"), step("b", RELU)], "node 'a'.*reads 'b', which is not an earlier"),
        ([step("a", RELU, "a")], "node 'a'.*reads 'a', which is not an earlier"),
        ([Node("a", RELU, ())], "node 'a'.*expected 1 inputs, got 0"),
        ([Node("a", Add(), ())], "node 'a'.*expected one or more inputs, got 0"),
        ([step("a", Mul(), "x")], "node 'a'.*expected 2 inputs, got 1"),
        ([step("a", RELU, "x", "x")], "node 'a'.*expected 1 inputs, got 2"),
    ],
)
def test_a_fault_names_its_node(nodes, message):
    with pytest.raises(GraphError, match=message):
        check(graph(*nodes))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ((), "no input"),
        ((IMAGE, IMAGE), "input 'x': the name is taken by an earlier input"),
        ((TensorSpec((1, 3), name="self"), IMAGE), "input 'self'.*other than self"),
        ((TensorSpec((1, 3), name="a.b"), IMAGE), "input 'a.b'.*Python identifier"),
        ((TensorSpec((1, 3), name="e\u0301"),), "Python reads the name as 'é'"),
        ((TensorSpec((1, 3), "float33"),), "input 'x': the dtype.*torch data type, got 'float33'"),
        (
            (TensorSpec((1, 3), "nn"),),
            "input 'x': the dtype must name a torch data type, got 'nn'",
        ),
        ((TensorSpec((1, 3), 5),), "the dtype must name a torch data type, got 5"),  # type: ignore[arg-type]
        ((TensorSpec(()),), r"input 'x': the shape.*got \(\)"),
        ((TensorSpec((1, 0, 8, 8)),), r"input 'x': the shape.*got \(1, 0, 8, 8\)"),
        ((TensorSpec((1, 2.5)),), r"input 'x': the shape.*got \(1, 2.5\)"),  # type: ignore[arg-type]
    ],
)
def test_a_fault_names_its_input(inputs, message):
    with pytest.raises(GraphError, match=message):
        check(Graph(inputs, (step("a", RELU),), ("a",)))


def test_outputs_must_exist():
    assert faults(graph(step("a", RELU), outputs=("b",))) == [
        "output 'b' is not a value of the graph"
    ]
    assert faults(Graph((IMAGE,), (step("a", RELU),), ())) == ["the graph has no output"]


def test_an_input_may_be_the_output():
    check(Graph((IMAGE,), (), ("x",)))


def test_all_structural_faults_are_reported_at_once():
    found = faults(graph(step("1", RELU), step("b", RELU, "c"), outputs=("d",)))
    assert [line.split(":")[0] for line in found[:2]] == [
        "node '1' (activation)",
        "node 'b' (activation)",
    ]
    assert found[2] == "output 'd' is not a value of the graph"


def test_all_shape_faults_are_reported_at_once_but_not_what_follows_from_them():
    strided = Conv2d(out_channels=3, stride=(2, 2))
    found = faults(
        graph(
            step("small", strided),
            step("sum", Add(), "small", "x"),
            step("after", RELU, "sum"),
            step("groups", Conv2d(out_channels=4, groups=2)),
            step("fine", Linear(out_features=2)),
        )
    )
    assert len(found) == 2
    assert found[0].startswith("node 'sum' (add): expected equal inputs, got (1, 3, 4, 4) and")
    assert "It reads 'small' (1, 3, 4, 4), 'x' (1, 3, 8, 8)." in found[0]
    assert found[0].endswith("Match channels with a 1x1 conv2d and the resolution with a stride.")
    assert found[1].startswith("node 'groups' (conv2d): expected input and output channels")


@pytest.mark.parametrize(
    "dead",
    [
        step("dead", RELU, "nowhere"),
        step("dead", Conv2d(out_channels=4, groups=4)),
        step("dead", Conv2d(out_channels=4, kernel=(9, 9), padding=(0, 0))),
    ],
)
def test_a_dead_node_is_checked_like_the_others(dead):
    (fault,) = faults(graph(dead, step("alive", RELU)))
    assert fault.startswith("node 'dead'")


@pytest.mark.parametrize(
    "names", [["a.b", "a_b"], ["print", "torch"], ["self", "x1"], ["F", "nn"]]
)
def test_names_that_pass_also_compile(names):
    first, second = names
    checked = graph(step(first, CONV), step(second, CONV, first))
    check(checked)
    assert list(to_module(checked).state_dict()) == [f"{first}.weight", f"{second}.weight"]
