from __future__ import annotations

import pytest
import torch
from torch import nn

from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.errors import ExportError, GraphError
from nas.exporting.source import python_source
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.op import Role
from nas.graph.ops import Layer


def graph_of(layer: nn.Module, *, opaque: bool) -> Graph:
    b = GraphBuilder()
    x = b.op(Layer(layer=layer, shape=(1, 3), opaque=opaque), b.input((1, 4)), name="part")
    return b.build(x)


def test_an_opaque_layer_keeps_its_parameters() -> None:
    layer = nn.Linear(4, 3)
    graph = graph_of(layer, opaque=True)
    x = torch.randn(5, 4)
    assert graph.parameters() == {}
    assert torch.equal(apply(graph, {}, x), layer(x))
    assert torch.equal(to_module(graph)(x), layer(x))


def test_another_layer_takes_them_from_outside() -> None:
    graph = graph_of(nn.Linear(4, 3), opaque=False)
    assert {name: spec.role for name, spec in graph.parameters().items()} == {
        "part.weight": Role.WEIGHT,
        "part.bias": Role.BIAS,
    }
    state = {"part.weight": torch.ones(3, 4), "part.bias": torch.tensor([0.0, 1.0, 2.0])}
    assert apply(graph, state, torch.ones(1, 4)).tolist() == [[4.0, 5.0, 6.0]]


def test_a_file_cannot_name_a_module() -> None:
    node = (
        '{"name": "a", "op": "layer", "inputs": ["x"], "attributes": {"layer": "b", "shape": []}}'
    )
    b = GraphBuilder()
    document = b.build(b.input((1, 4))).to_json().replace('"nodes": [', f'"nodes": [{node}')
    with pytest.raises(GraphError, match="node 'a': layer: layer must be a torch module, got 'b'"):
        Graph.from_json(document)


def test_json_is_refused_with_a_hint() -> None:
    with pytest.raises(GraphError, match=r"'part' \(layer\) runs code") as caught:
        graph_of(nn.Linear(4, 3), opaque=True).to_json()
    assert "import that again" in str(caught.value.hint)


def test_source_is_refused_with_a_hint() -> None:
    with pytest.raises(ExportError, match="'part' is a Linear that runs unchanged"):
        python_source(graph_of(nn.Linear(4, 3), opaque=True))
