"""Any name that a graph may have works in its module and in its written code."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.compile.module import to_module
from nas.exporting.save import load_module, save
from nas.exporting.source import python_source
from nas.graph.builder import GraphBuilder
from nas.graph.faults import reserved_names
from nas.graph.ops import Call, Parameter

if TYPE_CHECKING:
    from nas.graph.graph import Graph

ODD = [
    *("X", "F", "F_1", "Network", "WEIGHTS", "Path", "CLASSES", "load", "preprocess", "main"),
    *("torch", "torch_1", "nn", "self", "dtype", "dtype_1", "device", "inf", "nan", "pytree"),
    *("print", "slice", "next", "super", "str", "type", "float", "getattr", "match", "case"),
    *("é", "ñ_1", "ﬁ", "_", "_a", "__a", "__a_", "__debug__", "__class__", "__name__"),
    *("x0", "x1", "y", "y0", "operator", "add", "relu", "StochasticDepth"),
]
WORDS = st.from_regex(r"[A-Za-z_éß][A-Za-z0-9_é]{0,5}", fullmatch=True)


def is_free(name: str) -> bool:
    return not keyword.iskeyword(name) and name not in reserved_names()


NAMES = (st.sampled_from(ODD) | WORDS).filter(is_free)
INPUTS = (st.sampled_from(ODD) | WORDS).filter(lambda name: not keyword.iskeyword(name))


def named(inputs: list[str], names: list[str]) -> Graph:
    """All kinds of nodes: layers, functions, held and made tensors, in a scope and outside."""
    relu, layer, scope, inner, table, made, total, drop = names
    b = GraphBuilder()
    x, y = (b.input((1, 4), name=name) for name in inputs)
    h = b.linear(b.relu(x, name=relu), 4, name=layer)
    with b.scope(scope):
        h = b.linear(b.drop_path(h, 0.5, name=drop), 4, name=inner)
        held = b.op(Parameter(shape=(1, 4)), name=table)
    full = b.op(Call(expression="torch.full((1, 4), -inf, device=x0.device)"), y, name=made)
    floor = b.op(Call(expression="torch.maximum(x0, x1)"), y, full)
    return b.build(b.linear(b.add(h, b.relu(floor), held, name=total), 2))


def written(graph: Graph) -> torch.nn.Module:
    scope: dict[str, object] = {"__name__": "model", "__file__": "model.py"}
    exec(compile(python_source(graph), "model.py", "exec"), scope)
    made = eval("Network()", scope)
    assert isinstance(made, torch.nn.Module)
    return made.eval()


def agree(graph: Graph) -> None:
    module, again = to_module(graph).eval(), written(graph)
    again.load_state_dict(module.state_dict())
    x, y = torch.randn(2, 3, 4)
    assert torch.equal(again(x, y), module(x, y))
    assert torch.equal(again(y, x), module(y, x))


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(
    st.lists(INPUTS.filter(lambda name: name != "self"), min_size=2, max_size=2, unique=True),
    st.lists(NAMES, min_size=8, max_size=8),
)
def test_written_code_computes_the_same_under_any_names(inputs, names) -> None:
    agree(named(inputs, names))


@pytest.mark.parametrize("name", ["F", "self", "torch", "dtype", "__a", "__debug__", "é", "print"])
def test_one_name_for_all(name) -> None:
    """But for the inputs, each node then having a number."""
    agree(named([name if name != "self" else "x", "z"], [name] * 8))


def test_a_network_of_odd_names_is_saved(tmp_path) -> None:
    graph = named(["F", "é"], ["torch", "self", "__a", "__b", "__debug__", "dtype", "F", "X"])
    module = to_module(graph).eval()
    save(graph, module, tmp_path)
    again = load_module(graph, tmp_path).eval()
    x, y = torch.randn(2, 3, 4)
    assert torch.equal(again(x, y), module(x, y))
