"""Message-passing operations against the layers of torch-geometric."""

from __future__ import annotations

import pytest
import torch
from torch_geometric import nn as pyg

from nas.errors import GraphError, ShapeError
from nas.graph.ops import MessagePassing
from nas.graph.ops.messages.message_passing_layer import LAYERS
from nas.testing.op import EDGES

FEATURES = 12
PLAIN = {
    "gcn": lambda width: pyg.GCNConv(FEATURES, width),
    "gat": lambda width: pyg.GATConv(FEATURES, width),
    "gin": lambda width: pyg.GINConv(torch.nn.Linear(FEATURES, width)),
    "cheb": lambda width: pyg.ChebConv(FEATURES, width, 2),
    "sage": lambda width: pyg.SAGEConv(FEATURES, width),
    "arma": lambda width: pyg.ARMAConv(FEATURES, width),
    "graph": lambda width: pyg.GraphConv(FEATURES, width),
}
CHOICES = [
    {"layer": "gat", "heads": 4},
    {"layer": "gat", "heads": 4, "concat": False},
    *(
        {"layer": layer, "aggregation": how}
        for layer in ("general", "graph", "sage")
        for how in ("add", "max", "mean")
    ),
    *({"layer": layer, "bias": False} for layer in LAYERS),
]


@pytest.fixture
def data_graph():
    """Nodes with edges in one direction, twice, to themselves, and one that hears nothing."""
    source = torch.Generator().manual_seed(0)
    edges = torch.randint(9, (2, 40), generator=source)
    return torch.randn(10, FEATURES, generator=source), torch.cat([edges, edges[:, :3]], 1)


def randomised(layer):
    source = torch.Generator().manual_seed(0)
    for parameter in layer.parameters():
        parameter.data = torch.randn(parameter.shape, generator=source)
    return layer.eval()


@pytest.mark.parametrize("width", [8, 16])
@pytest.mark.parametrize("layer", PLAIN)
def test_each_is_the_layer_of_that_name(layer, width, data_graph):
    """Also where it is projected first, which is where it is narrower than what it reads."""
    plain = randomised(PLAIN[layer](width))
    op = MessagePassing(layer=layer, channels=width)
    with torch.no_grad():
        found = op.forward(dict(plain.named_parameters()), *data_graph)
        torch.testing.assert_close(found, plain(*data_graph), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_choices_are_arguments_of_the_layer(choice, data_graph):
    op = MessagePassing(channels=8, **choice)
    call = op.layer_call(FEATURES)
    plain = randomised(call.layer(*call.args, **call.options))
    with torch.no_grad():
        found = op.forward(dict(plain.named_parameters()), *data_graph)
        torch.testing.assert_close(found, plain(*data_graph), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("layer", LAYERS)
def test_its_module_is_a_layer_of_torch_geometric_with_the_same_state(layer):
    op = MessagePassing(layer=layer, channels=8)
    call = op.layer_call(FEATURES)
    module = op.module((1, FEATURES), EDGES)
    assert isinstance(module, call.layer)
    call.layer(*call.args, **call.options).load_state_dict(module.state_dict())


def test_the_general_layer_joins_what_neighbours_say_without_the_node_itself():
    op = MessagePassing(layer="general", channels=1, aggregation="max", bias=False)
    edges = torch.tensor([[0, 1], [2, 2]])
    x = torch.tensor([[1.0], [-3.0], [100.0]])
    assert op.forward({"lin.weight": torch.tensor([[-2.0]])}, x, edges).tolist() == [[0], [0], [6]]


def test_the_layer_s_own_aggregation_is_the_default():
    assert MessagePassing(layer="sage", channels=8) == MessagePassing(
        layer="sage", channels=8, aggregation="mean"
    )
    assert MessagePassing(layer="gcn", channels=8).aggregation == "add"


def test_features_hold_layer_heads_and_aggregation():
    features = MessagePassing(layer="gat", channels=8, heads=4).features()
    assert (features.kind, features.groups, features.bias) == ("gat", 4, True)
    assert MessagePassing(layer="sage", channels=8).features().kind == "sage"
    widest = MessagePassing(layer="sage", channels=8, aggregation="max")
    assert widest.features().kind == "sage_max"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"layer": "gatt"}, "layer must be one of gcn, gat, .*got 'gatt'.*Did you mean 'gat'"),
        ({"layer": "gcn", "aggregation": "max"}, "gcn aggregates by add, got 'max'"),
        ({"layer": "sage", "aggregation": "min"}, "sage aggregates by mean or add or max"),
        ({"layer": "gcn", "heads": 2}, "gcn has no heads, got heads=2"),
        ({"layer": "gat", "heads": 3}, "channels must be divisible by heads=3 .*got 8"),
        ({"layer": "gat", "channels": 0}, "channels must be a positive whole number"),
    ],
)
def test_attributes_of_no_layer_are_refused(attributes, message):
    with pytest.raises(GraphError, match=f"(?s){message}"):
        MessagePassing(**{"channels": 8, **attributes})


@pytest.mark.parametrize("inputs", [((1, 3, 4), EDGES), ((1, 3), (1, 3)), ((1, 3), (2, 1, 1))])
def test_inputs_are_nodes_and_edges(inputs):
    with pytest.raises(ShapeError, match=r"expected node features \(N, F\) and edges \(2, E\)"):
        MessagePassing(layer="gcn", channels=8).infer_shape(*inputs)


@pytest.mark.parametrize("layer", LAYERS)
def test_lower_precision_is_near(layer, data_graph):
    op = MessagePassing(layer=layer, channels=8)
    module = randomised(op.module((1, FEATURES), EDGES))
    expected = module(*data_graph)
    with torch.autocast("cpu", torch.bfloat16):
        found = module(*data_graph)
        found.float().square().mean().backward()
    torch.testing.assert_close(found.float(), expected, rtol=0.1, atol=0.5)
