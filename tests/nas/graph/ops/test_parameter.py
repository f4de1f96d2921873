from __future__ import annotations

import pytest
import torch

from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.errors import GraphError
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.op import Role
from nas.graph.ops import Constant, Parameter


def shifted() -> Graph:
    """An input with a learned and a fixed table added."""
    b = GraphBuilder()
    x = b.input((1, 4))
    table = b.op(Parameter(shape=(1, 4)), name="table")
    return b.build(b.add(x, table, b.op(Constant(shape=(1, 4)), name="fixed")))


def test_a_parameter_is_one_of_the_graph_and_a_constant_is_none() -> None:
    assert list(shifted().parameters()) == ["table.value"]
    module = to_module(shifted())
    assert [name for name, _ in module.named_parameters()] == ["table.value"]
    assert [name for name, _ in module.named_buffers()] == ["fixed.value"]


def test_both_are_given_from_outside() -> None:
    state = {"table.value": torch.full((1, 4), 2.0), "fixed.value": torch.arange(4.0)[None]}
    result = apply(shifted(), state, torch.ones(3, 4))
    assert result.tolist() == [[3.0, 4.0, 5.0, 6.0]] * 3


@pytest.mark.parametrize(("role", "value"), [(Role.SCALE, 1.0), (Role.BIAS, 0.0)])
def test_a_fresh_scale_or_bias_changes_nothing(role, value) -> None:
    module = Parameter(shape=(5,), role=role).module()
    assert module().tolist() == [value] * 5


def test_a_fresh_table_is_drawn_small() -> None:
    torch.manual_seed(0)
    value = Parameter(shape=(64, 64)).module()()
    assert float(value.detach().std()) == pytest.approx(0.02, rel=0.1)


def test_json_returns_roles_and_data_types() -> None:
    for op in (Parameter(shape=(), role=Role.SCALE), Constant(shape=(2, 3), dtype="int64")):
        b = GraphBuilder()
        b.input((1, 1))
        graph = b.build(b.op(op, name="held"))
        (node,) = Graph.from_json(graph.to_json()).nodes
        assert repr(node.op) == repr(op)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Parameter(shape=[3]), "parameter: shape must be a tuple"),  # type: ignore[arg-type]
        (lambda: Constant(shape=(-1,)), "constant: shape must be a tuple"),
        (lambda: Parameter(shape=(1,), role="wheel"), "role must be one of weight"),  # type: ignore[arg-type]
        (lambda: Constant(shape=(1,), dtype="float33"), "must name a torch data type"),
    ],
)
def test_faulty_attributes_are_refused(make, reason) -> None:
    with pytest.raises(GraphError, match=reason):
        make()
