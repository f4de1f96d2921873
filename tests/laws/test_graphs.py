"""What holds for any graph."""

from __future__ import annotations

import dataclasses

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nas.analysis.cost import cost
from nas.compile.apply import apply, calibrate
from nas.compile.module import to_module
from nas.errors import GraphError
from nas.graph.check import check
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops import Activation, BatchNorm2d, Conv2d, Linear
from tests.laws.graph_strategies import graphs, graphs_and_twins

many = settings(max_examples=60, deadline=None, derandomize=True, database=None)
some = settings(many, max_examples=25)

CHANGED = {
    "bias": lambda old: not old,
    "dilation": lambda old: old + 1,
    "eps": lambda old: 10 * old,
    "function": lambda old: "tanh" if old != "tanh" else "relu",
    "head": lambda old: not old,
    "out_features": lambda old: old + 1,
    "stride": lambda old: tuple(step + 1 for step in old),
}
"""Other values of attributes; all leave graphs well formed."""


@many
@given(graphs())
def test_json_returns_an_equal_graph(graph):
    again = Graph.from_json(graph.to_json())
    assert again == graph
    assert hash(again) == hash(graph)
    assert again.to_json() == graph.to_json()
    assert again.hash() == graph.hash()


@many
@given(graphs_and_twins())
def test_hash_does_not_see_how_a_graph_is_written(pair):
    graph, twin = pair
    check(twin)
    assert twin.hash() == graph.hash()


@many
@given(graphs(), st.data())
def test_hash_sees_every_attribute_of_a_living_node(graph, data):
    graph = graph.simplified
    options = [
        (index, field.name)
        for index, node in enumerate(graph.nodes)
        if isinstance(node.op, Activation | BatchNorm2d | Conv2d | Linear)
        for field in dataclasses.fields(node.op)
        if field.name in CHANGED
    ]
    index, name = data.draw(st.sampled_from(options))
    node = graph.nodes[index]
    value = CHANGED[name](getattr(node.op, name))
    changed = Node(node.name, dataclasses.replace(node.op, **{name: value}), node.inputs)
    nodes = (*graph.nodes[:index], changed, *graph.nodes[index + 1 :])
    other = Graph(graph.inputs, nodes, graph.outputs)
    assume(is_well_formed(other))
    assert other.hash() != graph.hash()


def is_well_formed(graph: Graph) -> bool:
    try:
        check(graph)
    except GraphError:
        return False
    return True


@many
@given(graphs())
def test_simplification_is_done_in_one_go(graph):
    simple = graph.simplified
    check(simple)
    assert simple.simplified == simple
    assert simple.hash() == graph.hash()
    assert simple.parameters().items() <= graph.parameters().items()
    assert cost(simple).macs <= cost(graph).macs


@some
@given(graphs(), st.integers(0, 2**31))
def test_simplification_keeps_the_function(graph, seed):
    params, x = random_parameters(graph, seed), random_input(graph, seed)
    statistics = calibrate(graph, params, x)
    expected = apply(graph, params | statistics, x)
    actual = apply(graph.simplified, params | statistics, x)
    torch.testing.assert_close(actual, expected)


@some
@given(graphs(), st.integers(0, 2**31))
def test_function_and_module_agree(graph, seed):
    module = to_module(graph).eval()
    x = random_input(graph, seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator(seed)))
        expected = module(x)
        actual = apply(graph, module.state_dict(), x)
    torch.testing.assert_close(actual, expected)


@some
@given(graphs())
def test_cost_counts_the_parameters_of_the_module(graph):
    with torch.device("meta"):
        module = to_module(graph)
    assert cost(graph).params == sum(p.numel() for p in module.parameters())
    names = {name: tuple(p.shape) for name, p in module.named_parameters()}
    assert names == {name: spec.shape for name, spec in graph.parameters().items()}


@some
@given(graphs())
def test_shapes_are_those_of_the_running_network(graph):
    seen = {}
    module = to_module(graph).eval()
    for name, submodule in module.named_modules():
        submodule.register_forward_hook(
            lambda _, __, output, name=name: seen.update({name: tuple(output.shape)})
        )
    module(random_input(graph, 0)[:1])
    (output,) = graph.outputs
    assert seen.pop("") == graph.shapes[output]
    assert seen == {name: graph.shapes[name] for name in seen}
    stateful = {name.rpartition(".")[0] for name in graph.parameters()}
    assert stateful <= seen.keys()


@many
@given(graphs())
def test_summary_has_a_line_for_every_value(graph):
    lines = graph.summary().splitlines()
    names = [*(spec.name for spec in graph.inputs), *(node.name for node in graph.nodes)]
    assert [line.split()[0] for line in lines[1:-1]] == names
    assert lines[-1].endswith(f"{cost(graph).params:,} parameters")


@many
@given(graphs())
def test_networkx_view_has_every_read(graph):
    view = graph.to_networkx()
    assert set(view.nodes) == set(graph.shapes)
    for node in graph.nodes:
        reads = sorted(
            (data["position"], source) for source, _, data in view.in_edges(node.name, data=True)
        )
        assert tuple(source for _, source in reads) == node.inputs
    for name, readers in graph.consumers.items():
        assert sorted(readers) == sorted(target for _, target in view.out_edges(name))


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_input(graph: Graph, seed: int) -> torch.Tensor:
    (spec,) = graph.inputs
    return torch.randn(4, *spec.shape[1:], generator=generator(seed))


def random_parameters(graph: Graph, seed: int) -> dict[str, torch.Tensor]:
    source = generator(seed)
    specs = graph.parameters()
    return {name: torch.randn(spec.shape, generator=source) for name, spec in specs.items()}
