from __future__ import annotations

import json

import pytest

from nas.errors import GraphError
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.ops import Activation, Conv2d
from tests.nas.graph.graph_toys import graph, step

CONV = graph(step("conv", Conv2d(out_channels=4)))
DOCUMENT = """\
{"format": "nas-graph", "version": 1,
"inputs": [{"shape": [1, 3, 8, 8], "dtype": "float32", "name": "x"}],
"nodes": [
{"name": "conv", "op": "conv2d", "attributes": {"out_channels": 4, "kernel": [3, 3], \
"stride": [1, 1], "dilation": 1, "groups": 1, "bias": false, "padding": null}, "inputs": ["x"]}
],
"outputs": ["conv"]}
"""


def test_document_has_one_node_on_a_line():
    assert CONV.to_json() == DOCUMENT


def test_document_is_read():
    assert Graph.from_json(DOCUMENT) == CONV


def test_names_are_read_as_python_reads_them():
    document = DOCUMENT.replace('"x"', '"ﬂ"').replace('"conv"', '"ﬁ.e\u0301"')
    graph = Graph.from_json(document)
    assert (graph.inputs[0].name, graph.nodes[0].name, graph.outputs) == ("fl", "fi.é", ("fi.é",))
    assert graph.hash() == CONV.hash()


@pytest.mark.parametrize("dtype", ["float33", "nn", "", "float32)))\nimport os\n#"])
def test_a_data_type_that_is_none_of_torch(dtype):
    with pytest.raises(GraphError, match="input 'x': the dtype must name a torch data type"):
        Graph.from_json(DOCUMENT.replace('"float32"', json.dumps(dtype)))


def test_attributes_at_their_default_may_be_left_out():
    data = json.loads(DOCUMENT)
    data["nodes"][0]["attributes"] = {"out_channels": 4}
    assert Graph.from_json(json.dumps(data)) == CONV


def test_a_graph_without_nodes():
    empty = graph(outputs=("x",))
    assert Graph.from_json(empty.to_json()) == empty


def test_numbers_come_back_exactly():
    b = GraphBuilder()
    network = b.build(b.dropout(b.input((1, 3)), 0.1 + 0.2))
    assert Graph.from_json(network.to_json()) == network


@pytest.mark.parametrize("document", ["", "{", "conv2d", DOCUMENT[:-4]])
def test_text_that_is_no_json(document):
    with pytest.raises(GraphError, match="expected a graph as JSON"):
        Graph.from_json(document)


@pytest.mark.parametrize("data", [[], None, 3, {}, {"format": "onnx"}])
def test_json_that_is_no_graph(data):
    with pytest.raises(GraphError, match='"format": "nas-graph"'):
        Graph.from_json(json.dumps(data))


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_unknown_version_has_a_hint(version):
    with pytest.raises(GraphError, match=f"version 1, got {version!r}. *Write the graph again"):
        Graph.from_json(json.dumps({"format": "nas-graph", "version": version}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": None}, "wrong type"),
        ({"inputs": []}, "no input"),
        ({"inputs": [[1, 3]]}, r"expected an object, got \[1, 3\]"),
        ({"inputs": [{"name": "x"}]}, "shape"),
        ({"inputs": [{"shape": [1, 3], "name": 5}]}, "expected a name, got 5"),
        ({"inputs": [{"shape": "image"}]}, "input 'x': the shape .* got 'image'"),
        ({"inputs": [{"shape": [1, 3], "colour": "red"}]}, "colour"),
        ({"nodes": None}, "wrong type"),
        ({"nodes": ["conv"]}, "wrong type"),
        ({"outputs": "conv"}, "expected a list of names, got 'conv'"),
        ({"outputs": [["conv"]]}, r"expected a name, got \['conv'\]"),
        ({"outputs": []}, "no output"),
        ({"outputs": ["y"]}, "output 'y' is not a value"),
    ],
)
def test_malformed_parts(change, message):
    with pytest.raises(GraphError, match=message):
        Graph.from_json(json.dumps({**json.loads(DOCUMENT), **change}))


@pytest.mark.parametrize("key", ["inputs", "nodes", "outputs"])
def test_missing_parts(key):
    data = json.loads(DOCUMENT)
    del data[key]
    with pytest.raises(GraphError, match=f"lacks the key '{key}'"):
        Graph.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": None}, "expected a name, got None"),
        ({"name": "a b"}, "node 'a b' .*identifiers"),
        ({"op": "conv2D"}, "node 'conv': unknown operation 'conv2D'. Did you mean 'conv2d'"),
        ({"op": ["conv2d"]}, r"node 'conv': expected a name, got \['conv2d'\]"),
        ({"attributes": None}, "node 'conv': expected an object, got None"),
        ({"attributes": {}}, "node 'conv': .*out_channels"),
        ({"attributes": {"out_channels": 4, "width": 1}}, "node 'conv': .*width"),
        ({"attributes": {"out_channels": "4"}}, "node 'conv': .*out_channels must be .* got '4'"),
        ({"attributes": {"out_channels": 4.0}}, "out_channels must be .* got 4.0"),
        ({"attributes": {"out_channels": 4, "kernel": 3}}, "kernel must be two .* got 3"),
        ({"attributes": {"out_channels": 4, "bias": 1}}, "bias must be True or False, got 1"),
        ({"inputs": "x"}, "expected a list of names, got 'x'"),
        ({"inputs": [{}]}, r"expected a name, got \{\}"),
        ({"inputs": []}, "node 'conv' .*expected 1 inputs, got 0"),
        ({"inputs": ["conv"]}, "node 'conv' .*reads 'conv'"),
    ],
)
def test_a_faulty_node_is_named(change, message):
    data = json.loads(DOCUMENT)
    data["nodes"][0].update(change)
    with pytest.raises(GraphError, match=message):
        Graph.from_json(json.dumps(data))


def test_networkx_view_keeps_position_and_repetition():
    b = GraphBuilder()
    x = b.input((1, 3, 8, 8))
    y = b.relu(x)
    view = b.build(b.concat(y, x, y)).to_networkx()
    assert sorted((s, t, d["position"]) for s, t, d in view.edges(data=True)) == [
        ("relu", "concat", 0),
        ("relu", "concat", 2),
        ("x", "concat", 1),
        ("x", "relu", 0),
    ]
    assert view.nodes["relu"] == {"op": Activation(function="relu"), "shape": (1, 3, 8, 8)}
    assert view.nodes["x"] == {"op": None, "shape": (1, 3, 8, 8)}
