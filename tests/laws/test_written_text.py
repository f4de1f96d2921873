"""No text of a graph or a data set becomes code: it is written as a name or inside of quotes."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas.data.catalog import load
from nas.data.description import Description
from nas.errors import GraphError
from nas.exporting.source import python_source
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops import Call, Constant, Linear, Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

some = settings(max_examples=10, deadline=None, derandomize=True, database=None)

EVIL = "import os; os.system('id > pwned')"
NAMES = ["float32", "x0", "x", "F", "self", "torch", "é", "ﬁ", "\u0301", "\ud800", "\0", "%s"]
ENDS = ["'", '"', '"""', "'''", "\\", "(", ")", ")))", "]", "{evil}", "#", ";", ",", "=", "```"]
LINES = ["\n", "\r", "\x0c", "\u2028", "\t", " " * 8, "\n\n", EVIL, "lambda: ", "os.system"]
FRAGMENTS = st.sampled_from([*NAMES, *ENDS, *LINES, "__import__('os')"])
WORDS = st.lists(st.sampled_from(NAMES[:8]), min_size=1, max_size=3).map("".join)
TEXTS = st.lists(FRAGMENTS, min_size=1, max_size=6).map("".join) | st.text() | WORDS
DIGITS = load("digits")


@cache
def plain() -> Graph:
    """A graph in which every kind of text is: names, types, functions, expressions."""
    b = GraphBuilder()
    x = b.input((1, 1, 8, 8))
    x = b.activation(b.conv2d(x, 2, name="conv"), "tanh")
    ones = b.op(Call(expression="torch.ones(x0.shape[0], 2, 8, 8, dtype=torch.float32)"), x)
    x = b.drop_path(b.op(Call(expression="torch.einsum('bchw,bchw->bchw', x0, x1)"), x, ones), 0.5)
    x = b.flatten(b.add(x, b.op(Constant(shape=(1, 2, 8, 8)), name="offsets")))
    x = b.op(Call(expression="x0.to(torch.float32)", dtypes=("float32",)), x)
    x = b.add(x, b.op(Parameter(shape=(1, 128))))
    return b.build(b.op(Linear(out_features=10, head=True), x, name="head"))


def syntax(source: str) -> list[str]:
    """The file without its names and literals."""
    return [type(part).__name__ for part in ast.walk(ast.parse(source))]


@cache
def plain_syntax() -> list[str]:
    return syntax(python_source(plain()))


def is_harmless(graph: Graph) -> bool:
    """Whether a graph is refused, or its file does what that of the plain graph does."""
    try:
        return syntax(python_source(graph)) == plain_syntax()
    except GraphError:
        return True


@cache
def texts() -> list[str]:
    """Every text in the document of the plain graph, but for keys."""
    return sorted(set(_texts(json.loads(plain().to_json()))))


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, list | dict):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _texts(inner)


@some
@given(TEXTS, st.sampled_from(["{new}", "{old}{new}", "{new}{old}"]))
def test_texts_of_a_file_are_refused_or_harmless(text, form) -> None:
    document = plain().to_json()
    for old, times in product(texts(), (1, -1)):  # the first one, which the others read, or all
        new = form.replace("{old}", old).replace("{new}", text)
        try:
            graph = Graph.from_json(document.replace(json.dumps(old), json.dumps(new), times))
        except GraphError:
            continue
        assert is_harmless(graph), f"{old!r} became {new!r}"


@some
@given(TEXTS)
def test_arguments_of_calls_are_refused_or_harmless(text) -> None:
    """Each in quotes, where an expression may hold any text."""
    nodes = list(plain().nodes)
    index = next(i for i, node in enumerate(nodes) if "einsum" in str(node.op))
    for expression in (f"torch.einsum({text!r}, x0, x1)", f"torch.einsum('{text}', x0, x1)"):
        try:
            op = Call(expression=expression)
        except GraphError:
            continue
        nodes[index] = replace(nodes[index], op=op)
        assert is_harmless(replace(plain(), nodes=tuple(nodes)))


@some
@given(TEXTS)
def test_graphs_made_in_python_are_refused_or_harmless(text) -> None:
    graph = plain()
    (spec,) = graph.inputs
    assert is_harmless(replace(graph, inputs=(replace(spec, dtype=text),)))
    for old in ("x", "conv", "offsets", "head"):
        assert is_harmless(renamed(graph, old, text))


def renamed(graph: Graph, old: str, new: str) -> Graph:
    def name(known: str) -> str:
        return new if known == old else known

    inputs = tuple(replace(spec, name=name(spec.name)) for spec in graph.inputs)
    nodes = tuple(Node(name(n.name), n.op, tuple(map(name, n.inputs))) for n in graph.nodes)
    return Graph(inputs, nodes, tuple(map(name, graph.outputs)))


@some
@given(st.lists(TEXTS, min_size=10, max_size=10).map(tuple), TEXTS)
def test_class_names_and_names_of_data_are_quoted(names, name) -> None:
    ordinary = python_source(
        plain(), Description.of(replace(DIGITS, class_names=tuple("0123456789")))
    )
    source = python_source(plain(), Description.of(replace(DIGITS, class_names=names, name=name)))
    assert syntax(source) == syntax(ordinary)
    (written,) = (
        line.value
        for line in ast.parse(source).body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "CLASSES"
    )
    assert ast.literal_eval(written) == names


@pytest.mark.parametrize("dtype", [f"float32)))\n{EVIL}\n#", f'float32"""\n{EVIL}\n"""'])
def test_a_data_type_that_is_code_is_refused(dtype) -> None:
    graph = plain()
    (spec,) = graph.inputs
    hostile = replace(graph, inputs=(replace(spec, dtype=dtype),))
    for made in (python_source, lambda graph: Graph.from_json(graph.to_json())):
        with pytest.raises(GraphError, match="input 'x': the dtype must name a torch data type"):
            made(hostile)
