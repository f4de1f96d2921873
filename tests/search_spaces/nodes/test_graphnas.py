from __future__ import annotations

import pytest

from nas.errors import EncodingError
from nas.graph.ops import Activation, GraphAttention
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.nodes.graphnas import GraphNas

CORA = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
SPACE = GraphNas(task=CORA)
PUBLISHED = {
    "cora": '["const","sum","relu6",2,128,"gat","sum","linear",2,7]',
    "citeseer": '["gat","sum","linear",4,128,"linear","sum","elu",8,6]',
    "pubmed": '["gcn","sum","tanh",6,64,"cos","sum","tanh",6,3]',
}
"""The networks the authors found (GraphNAS, eval_scripts/semi/eval_designed_gnn.py)."""


@pytest.mark.parametrize("text", PUBLISHED.values(), ids=PUBLISHED)
def test_published_networks_are_in_the_space(text):
    classes = int(text.strip("]").split(",")[-1])
    space = GraphNas(task=Task(kind=NODE_CLASSIFICATION, features=500, classes=classes))
    assert space.encode(space.decode(text)) == text
    assert space.graph(text).shapes[space.graph(text).outputs[0]] == (1, classes)


def test_the_published_network_of_cora_layer_by_layer():
    graph = SPACE.graph(PUBLISHED["cora"])
    assert [node.op for node in graph.nodes if "dropout" not in node.op.kind] == [
        GraphAttention(attention="const", channels=256, heads=2, dropout=0.6),
        Activation(function="relu6"),
        GraphAttention(attention="gat", channels=7, heads=2, concat=False, dropout=0.6),
    ]


@pytest.mark.parametrize(
    ("aggregator", "aggregation", "pool"),
    [("sum", "add", 0), ("mean", "mean", 128), ("max", "max", 128), ("mlp", "add", 128)],
)
def test_all_aggregators_but_the_sum_pool(aggregator, aggregation, pool):
    text = PUBLISHED["cora"].replace('"const","sum"', f'"const","{aggregator}"')
    op = SPACE.graph(text).nodes[1].op
    assert isinstance(op, GraphAttention)
    assert (op.aggregation, op.pool) == (aggregation, pool)


def test_size_leaves_out_the_width_of_the_last_layer():
    assert SPACE.size() == 9408**2 // 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["gat","sum"]', "expected a JSON list of 10 actions"),
        (PUBLISHED["pubmed"], "expected the 7 classes as the last width, got 3"),
        (PUBLISHED["cora"].replace("relu6", "relu7"), "'layer0.activation' is 'relu7'"),
    ],
)
def test_lists_that_are_no_network(text, message):
    with pytest.raises(EncodingError, match=message):
        SPACE.graph(text)
