"""Graphs as JSON and as networkx graphs."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import networkx as nx

from nas.errors import GraphError, NasError, described
from nas.files import parse_json
from nas.graph.faults import check_parts, plain_name
from nas.graph.limits import CHARACTERS, NODES, check_count
from nas.graph.node import Node
from nas.graph.op import OPS
from nas.graph.tensor_spec import TensorSpec

if TYPE_CHECKING:
    from nas.graph.op import Op
    from nas.graph.parts import GraphParts, Parts

FORMAT_VERSION = 1


def to_json(graph: GraphParts) -> str:
    """A JSON document with one node on a line, so that a text diff compares two graphs.

    Raises:
        GraphError: An operation has no JSON form, for instance a torch module.
    """
    lines = [_node_to_json(node) for node in graph.nodes]
    inputs = json.dumps([asdict(spec) for spec in graph.inputs])
    return (
        f'{{"format": "nas-graph", "version": {FORMAT_VERSION},\n"inputs": {inputs},\n"nodes": [\n'
        + ",\n".join(lines)
        + f'\n],\n"outputs": {json.dumps(graph.outputs)}}}\n'
    )


def _node_to_json(node: Node) -> str:
    attributes = {
        field.name: getattr(node.op, field.name)
        for field in fields(node.op)  # type: ignore[arg-type]
    }
    entry = {
        "name": node.name,
        "op": node.op.kind,
        "attributes": attributes,
        "inputs": node.inputs,
    }
    try:
        return json.dumps(entry)
    except TypeError:
        raise GraphError(
            f"node {node.name!r} ({node.op.kind}) runs code that cannot be written as JSON",
            hint="Keep the model it was imported from, and import that again.",
        ) from None


def from_json(document: str) -> Parts:
    """Inputs, nodes and outputs, checked.

    Raises:
        GraphError: The document is not a graph of a known version, or a node is faulty.
    """
    if not isinstance(document, str):
        raise _refused(f"got {described(document)}")
    check_count("characters of JSON", len(document), CHARACTERS)
    data = parse_json(document, dict, _refused)
    if data.get("format") != "nas-graph":
        raise GraphError('expected a JSON object with "format": "nas-graph"')
    if data.get("version") != FORMAT_VERSION:
        raise GraphError(
            f"expected graph format version {FORMAT_VERSION}, got {data.get('version')!r}",
            hint="Write the graph again with this version of the package.",
        )
    try:
        check_count("nodes", len(data["nodes"]), NODES)
        inputs = tuple(_read_input(spec) for spec in data["inputs"])
        nodes = tuple(_read_node(node) for node in data["nodes"])
        outputs = _names(data["outputs"])
    except KeyError as error:
        raise GraphError(f"the graph, an input or a node lacks the key {error}") from None
    except TypeError as error:
        raise GraphError(f"a part of the graph is of the wrong type: {error}") from None
    check_parts(inputs, nodes, outputs)
    return inputs, nodes, outputs


def _refused(why: str) -> GraphError:
    return GraphError(f'expected a graph as JSON with "format": "nas-graph": {why}')


def _read_input(spec: Any) -> TensorSpec:
    read = TensorSpec(**_tuples(spec))
    _name(read.dtype)
    return replace(read, name=plain_name(_name(read.name)))


def _read_node(node: Any) -> Node:
    return Node(plain_name(_name(node["name"])), _read_op(node), _names(node["inputs"]))


def _read_op(node: dict[str, Any]) -> Op:
    try:
        return OPS.get(_name(node["op"]))(**_tuples(node["attributes"]))
    except (
        TypeError,
        ValueError,
        ArithmeticError,
        RecursionError,
        MemoryError,
        NasError,
    ) as error:
        # Python's parser may raise any of these for an expression of torch functions
        raise GraphError(f"node {node['name']!r}: {error}") from None


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a name, got {value!r}")
    return value


def _names(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"expected a list of names, got {values!r}")
    return tuple(plain_name(_name(value)) for value in values)


def _tuples(attributes: Any) -> dict[str, Any]:
    if not isinstance(attributes, dict):
        raise TypeError(f"expected an object, got {attributes!r}")
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in attributes.items()
    }


def to_networkx(graph: GraphParts) -> nx.MultiDiGraph:
    """A node for each value with its operation and shape; edges carry the input position."""
    view = nx.MultiDiGraph()
    for spec in graph.inputs:
        view.add_node(spec.name, op=None, shape=spec.shape)
    for node in graph.nodes:
        view.add_node(node.name, op=node.op, shape=graph.shapes[node.name])
        for position, name in enumerate(node.inputs):
            view.add_edge(name, node.name, position=position)
    return view
