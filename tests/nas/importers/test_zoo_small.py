"""Conversions of imported graphs, over small networks of many kinds."""

from __future__ import annotations

import pytest
import torch

from nas.compile.apply import apply
from nas.compile.module import to_module
from nas.graph.graph import Graph
from nas.importers.from_module import from_module
from tests.zoo.small_networks import SMALL_NETWORKS
from tests.zoo.specimen import EXAMPLE, Specimen, relative_error, tensors

WHOLE = {"scripted part", "GCN", "GAT", "GIN", "GraphSAGE", "graph classifier"}
"""Networks with layers that run unchanged, which have no JSON form."""


@pytest.fixture(scope="module", params=SMALL_NETWORKS, ids=str)
def specimen(request: pytest.FixtureRequest) -> Specimen:
    """Imported once for all tests."""
    return Specimen.of(request.param)


def test_the_module_of_the_graph_computes_the_same(specimen) -> None:
    module = to_module(specimen.imported.graph)
    loaded = module.load_state_dict(specimen.imported.state, strict=False)
    assert not loaded.unexpected_keys
    assert all(name.endswith("num_batches_tracked") for name in loaded.missing_keys)
    inputs = specimen.fresh_inputs
    with torch.no_grad():
        actual = tensors(module.eval()(*inputs))
    assert relative_error(actual, specimen.expected(inputs)) <= 1e-5


@pytest.mark.parametrize(
    "specimen",
    [network for network in SMALL_NETWORKS if network.name not in WHOLE],
    ids=str,
    indirect=True,
)
def test_json_returns_the_graph(specimen) -> None:
    imported = specimen.imported
    graph = Graph.from_json(imported.graph.to_json())
    assert graph == imported.graph
    assert graph.hash() == imported.graph.hash()


@pytest.mark.parametrize("network", SMALL_NETWORKS, ids=str)
def test_the_model_does_not_change(network) -> None:
    model = network.model().train()
    objects = {name: id(p) for name, p in model.named_parameters(remove_duplicate=False)}
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first = from_module(model, network.inputs(EXAMPLE))
    assert all(module.training for module in model.modules())
    parameters = model.named_parameters(remove_duplicate=False)
    assert {name: id(p) for name, p in parameters} == objects
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)
    again = from_module(model, network.inputs(EXAMPLE))
    assert (again.graph, again.names, again.batch) == (first.graph, first.names, first.batch)


def test_gradients_reach_every_parameter(specimen) -> None:
    graph, parameters = specimen.imported.graph, specimen.imported.graph.parameters()
    state = {
        name: value.detach().clone().requires_grad_(name in parameters)
        for name, value in specimen.imported.state.items()
    }
    outputs = tensors(apply(graph, state, *specimen.fresh_inputs))
    torch.stack([output.square().sum() for output in outputs]).sum().backward()
    assert not [name for name in parameters if state[name].grad is None]
