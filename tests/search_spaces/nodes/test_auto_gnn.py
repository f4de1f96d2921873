from __future__ import annotations

import math

import numpy as np
import pytest

from nas.analysis.cost import cost
from nas.errors import ConfigError
from nas.graph.ops import GraphAttention
from nas.space.candidate import sample
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.nodes.auto_gnn import AutoGnn
from search_spaces.nodes.graphnas import GraphNas

CORA = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
SPACE = AutoGnn(task=CORA)
LAYER = {
    "hidden": 16,
    "attention": "gat",
    "heads": 8,
    "aggregate": "sum",
    "combine": "identity",
    "activation": "elu",
}


def stack(first=None, last=None):
    last = {**LAYER, **(last or {})}
    del last["hidden"]
    layers = [{**LAYER, **(first or {})}, last]
    return {
        f"layer{number}.{name}": value
        for number, layer in enumerate(layers)
        for name, value in layer.items()
    }


def test_one_architecture_is_the_graph_attention_network():
    """Veličković et al. 2018 with 8 heads of 8 features in front of one."""
    graph = SPACE.graph(stack({"hidden": 8}, {"heads": 1, "activation": "linear"}))
    assert [node.op.kind for node in graph.nodes] == [
        "feature_dropout",
        "graph_attention",
        "activation",
        "dropout",
        "graph_attention",
    ]
    assert graph.nodes[1].op == GraphAttention(attention="gat", channels=64, heads=8, dropout=0.6)
    # weights, two vectors for each head, biases; the counts of torch-geometric's GATConv
    hidden = 1433 * 64 + 2 * 64 + 64
    assert sum(math.prod(spec.shape) for spec in graph.parameters().values()) == (
        hidden + 64 * 7 + 2 * 7 + 7
    )


def test_heads_stand_side_by_side_and_are_averaged_at_the_end():
    graph = SPACE.graph(stack({"hidden": 32, "heads": 6}, {"heads": 4}))
    assert graph.shapes["layer0.attention"] == (1, 6 * 32)
    assert graph.shapes["layer1.attention"] == (1, 7)
    assert graph.parameters()["layer1.attention.lin.weight"].shape == (4 * 7, 6 * 32)


def test_a_perceptron_combines_the_messages():
    graph = SPACE.graph(stack({"combine": "mlp"}))
    assert graph.shapes["layer0.widen"] == (1, 128)
    assert graph.shapes["layer0.combine"] == graph.shapes["layer0.attention"] == (1, 8 * 16)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_size_counts_the_choices(layers):
    space = SPACE.at(layers=layers)
    drawn = sample(space, np.random.default_rng(0))
    assert len(drawn.params) == 6 * layers - 1
    assert space.size() == 14112**layers // 7


def test_a_proxy_has_smaller_widths_that_still_differ():
    proxy = SPACE.at(**SPACE.proxy_sizes())
    widths = [
        proxy.graph(stack({"hidden": hidden, "heads": 1})).shapes["layer0.attention"][1]
        for hidden in (4, 8, 16, 32, 64, 128, 256)
    ]
    assert widths == [1, 2, 4, 8, 16, 32, 64]


@pytest.mark.parametrize("sizes", [{"layers": 0}, {"width": 32}, {"dropout": -0.1}])
def test_sizes_that_make_no_space(sizes):
    with pytest.raises(ConfigError, match=next(iter(sizes))):
        SPACE.at(**sizes)


@pytest.mark.parametrize("width", [64, 256])
@pytest.mark.parametrize(
    "space", [AutoGnn(task=CORA), GraphNas(task=CORA)], ids=["gnn", "graphnas"]
)
def test_known_networks_have_the_published_parameters(space, width):
    """Those of the authors' networks on Cora, 16 features in GCN and 8 heads of 8 in GAT."""
    sized = space.at(width=width)
    found = {name: cost(sized.graph(params)).params for name, params in sized.known().items()}
    assert found == {"GCN": 23_063, "GAT": 92_373}


def test_only_widths_of_the_space_are_known():
    assert SPACE.at(width=100).known() == {}


def test_deeper_networks_repeat_hidden_layers():
    sizes = [op.channels for op in attentions(SPACE.at(layers=3), "GAT")]
    assert sizes == [64, 64, 7]


def attentions(space, name):
    ops = [node.op for node in space.graph(space.known()[name]).nodes]
    return [op for op in ops if isinstance(op, GraphAttention)]
