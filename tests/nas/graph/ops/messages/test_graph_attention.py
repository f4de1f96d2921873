"""Attention layers against their formulas, computed edge by edge."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch_geometric.nn import GATConv

from nas.errors import GraphError
from nas.graph.ops import GraphAttention
from nas.graph.ops.messages.neighbour_attention import ATTENTIONS
from nas.testing.op import EDGES

NODES, FEATURES, HEADS, WIDTH = 5, 6, 2, 3
NEIGHBOURS = {0: [0, 1, 2], 1: [0, 1], 2: [2, 4], 3: [3], 4: [0, 1, 2, 3, 4]}
"""Whom each node hears; itself always."""


@pytest.fixture
def data_graph():
    source = torch.Generator().manual_seed(0)
    pairs = [(j, i) for i, heard in NEIGHBOURS.items() for j in heard if (i, j) != (3, 3)]
    return torch.randn(NODES, FEATURES, generator=source), torch.tensor(pairs).T


def parameters(op):
    source = torch.Generator().manual_seed(1)
    specs = op.parameters((1, FEATURES), EDGES)
    return {name: torch.randn(spec.shape, generator=source) for name, spec in specs.items()}


def score(attention, h, i, j, p):
    """Of the message from j to i, of one head; ``h`` and vectors are (H, C)."""
    a, b = (p.get(name, torch.zeros(1, HEADS, WIDTH))[0] for name in ("att_dst", "att_src"))
    gat = F.leaky_relu((a * h[i] + b * h[j]).sum(-1), 0.2)
    match attention:
        case "gat":
            return gat
        case "sym-gat":
            return gat + F.leaky_relu((a * h[j] + b * h[i]).sum(-1), 0.2)
        case "cos":
            return (a * h[i] * b * h[j]).sum(-1)
        case "linear":
            return (b * h[j]).sum(-1).tanh()
    assert attention == "gene-linear"
    return ((a * h[i] + b * h[j]).tanh() * p["gene"][0]).sum(-1)


def weights(attention, h, i, p):
    """Of the messages that a node hears: (neighbours, H)."""
    heard = NEIGHBOURS[i]
    if attention == "const":
        return torch.ones(len(heard), HEADS)
    if attention == "gcn":
        degrees = torch.tensor([float(len(NEIGHBOURS[j])) for j in heard])
        return (degrees * len(heard)).rsqrt()[:, None].expand(-1, HEADS)
    return torch.stack([score(attention, h, i, j, p) for j in heard]).softmax(0)


def by_hand(op, p, x):
    h = (x @ p["lin.weight"].T).view(NODES, HEADS, WIDTH)
    out = []
    for i, heard in NEIGHBOURS.items():
        messages = h[heard] * weights(op.attention, h, i, p)[:, :, None]  # (neighbours, H, C)
        if op.pool:
            hidden = F.linear(messages, p["reduce.weight"], p["reduce.bias"])
            messages = F.linear(hidden, p["expand.weight"], p["expand.bias"])
        match op.aggregation:
            case "add":
                out.append(messages.sum(0))
            case "mean":
                out.append(messages.mean(0))
            case "max":
                out.append(messages.amax(0))
    joined = torch.stack(out)  # (N, H, C)
    return (joined.flatten(1) if op.concat else joined.mean(1)) + p["bias"]


@pytest.mark.parametrize("pool", [0, 4])
@pytest.mark.parametrize("aggregation", ["add", "mean", "max"])
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_each_attention_is_its_formula(attention, aggregation, pool, data_graph):
    op = GraphAttention(
        attention=attention,
        channels=HEADS * WIDTH,
        heads=HEADS,
        aggregation=aggregation,
        pool=pool,
    )
    p = parameters(op)
    found = op.forward(p, *data_graph)
    torch.testing.assert_close(found, by_hand(op, p, data_graph[0]), rtol=1e-4, atol=1e-4)


def test_averaged_heads(data_graph):
    op = GraphAttention(attention="cos", channels=WIDTH, heads=HEADS, concat=False)
    p = parameters(op)
    torch.testing.assert_close(op.forward(p, *data_graph), by_hand(op, p, data_graph[0]))


def test_gat_is_that_of_torch_geometric(data_graph):
    plain = GATConv(FEATURES, WIDTH, heads=HEADS).eval()
    op = GraphAttention(attention="gat", channels=HEADS * WIDTH, heads=HEADS)
    found = op.forward(dict(plain.named_parameters()), *data_graph)
    torch.testing.assert_close(found, plain(*data_graph))


@pytest.mark.parametrize("attention", ["const", "gat"])
def test_dropout_silences_edges_in_training_and_raises_the_others(attention, data_graph):
    """Node 3 hears itself alone: nothing, or twice as much."""
    op = GraphAttention(attention=attention, channels=WIDTH, dropout=0.5)
    torch.manual_seed(0)
    module = op.module((1, FEATURES), EDGES)
    with torch.no_grad():
        said = module.eval()(*data_graph)[3]
        module.train()
        heard = [module(*data_graph)[3] for _ in range(20)]
    twice = [bool(torch.allclose(h, 2 * said)) for h in heard]
    assert 0 < sum(twice) < 20
    assert all(t or h.eq(0).all() for t, h in zip(twice, heard, strict=True))


def test_features_hold_attention_aggregation_and_heads():
    op = GraphAttention(attention="cos", channels=8, heads=4, aggregation="max")
    features = op.features()
    assert (features.kind, features.groups) == ("cos_attention_max", 4)
    pooled = GraphAttention(attention="cos", channels=8, aggregation="max", pool=128)
    assert pooled.features().kind == "cos_attention_max_pool"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"attention": "dot"}, "attention must be one of const, gcn, gat, .*got 'dot'"),
        ({"aggregation": "sum"}, "aggregation must be one of add, mean, max, got 'sum'"),
        ({"heads": 3}, "channels must be divisible by heads=3 .*got 8"),
        ({"pool": -1}, "pool must be a positive whole number"),
        ({"dropout": 1.0}, "dropout must be a number of at least 0 and below 1"),
    ],
)
def test_invalid_attention_is_refused(attributes, message):
    with pytest.raises(GraphError, match=message):
        GraphAttention(**{"attention": "gat", "channels": 8, **attributes})
