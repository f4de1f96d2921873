from __future__ import annotations

import pytest

from nas.errors import GraphError, ShapeError
from nas.graph.builder import GraphBuilder, Value
from nas.graph.check import check
from nas.graph.graph import Graph
from nas.graph.ops import AvgPool2d, Conv1d, Conv2d, LayerNorm, Linear

IMAGE = (1, 3, 8, 8)


def names(graph):
    return [node.name for node in graph.nodes]


def test_values_carry_the_shape():
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 16, stride=2)
    assert x == Value("conv2d", (1, 16, 4, 4))
    assert x.channels == 16


def test_nodes_are_numbered_where_the_name_is_taken():
    b = GraphBuilder()
    x = b.input(IMAGE, name="relu")
    for _ in range(2):
        x = b.relu(x)
    x = b.relu(x, name="relu1")
    graph = b.build(x)
    check(graph)
    assert names(graph) == ["relu1", "relu2", "relu11"]


def test_scopes_nest_and_are_numbered_too():
    b = GraphBuilder()
    x = b.input(IMAGE)
    for _ in range(2):
        with b.scope("cell"):
            x = b.relu(x)
            with b.scope("inner"):
                x = b.relu(x)
    x = b.relu(x, name="cell")
    graph = b.build(b.relu(x))
    check(graph)
    assert names(graph) == [
        "cell.relu",
        "cell.inner.relu",
        "cell1.relu",
        "cell1.inner.relu",
        "cell2",
        "relu",
    ]


def test_names_are_those_that_python_reads():
    b = GraphBuilder()
    x = b.input((1, 4), name="ﬁrst")
    with b.scope("ﬁ"):
        x = b.linear(x, 4, name="e\u0301")
    graph = b.build(x)
    assert [spec.name for spec in graph.inputs] == ["first"]
    assert [node.name for node in graph.nodes] == ["fi.é"]


def test_a_scope_ends_when_an_error_passes():
    b = GraphBuilder()
    x = b.input(IMAGE)
    with pytest.raises(ShapeError), b.scope("cell"):
        b.add(x, b.avg_pool(x, stride=2))
    assert b.relu(x).name == "relu"


def test_shapes_are_checked_at_once():
    b = GraphBuilder()
    x = b.input(IMAGE)
    half = b.avg_pool(x, stride=2)
    with pytest.raises(ShapeError, match=r"node 'sum' \(add\).*'x' \(1, 3, 8, 8\), 'avg_pool2d'"):
        b.add(x, half, name="sum")


def test_a_value_of_another_builder_is_refused():
    x = GraphBuilder().input(IMAGE, name="foreign")
    b = GraphBuilder()
    b.input(IMAGE)
    y = b.relu(x)
    with pytest.raises(GraphError, match="reads 'foreign', which is not an earlier"):
        b.build(y)


def test_a_built_graph_does_not_change():
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 4)
    graph = b.build(x)
    b.relu(x)
    assert list(graph.shapes) == ["x", "conv2d"]
    assert list(graph.applied) == ["conv2d"]


def test_the_shape_of_a_value_is_that_of_its_name():
    b, other = GraphBuilder(), GraphBuilder()
    b.input(IMAGE)
    graph = b.build(b.conv2d(other.input((1, 5, 8, 8)), 4))
    assert graph.shapes == Graph(graph.inputs, graph.nodes, graph.outputs).shapes
    assert graph.parameters()["conv2d.weight"].shape == (4, 3, 3, 3)


def test_inputs_need_names_of_their_own():
    b = GraphBuilder()
    x, y = b.input(IMAGE), b.input((1, 5))
    with pytest.raises(GraphError, match="input 'x': the name is taken"):
        b.build(x, y)


def test_a_graph_needs_an_output():
    b = GraphBuilder()
    b.input(IMAGE)
    with pytest.raises(GraphError, match="no output"):
        b.build()


def test_networks_on_data_graphs():
    b = GraphBuilder()
    x, edges = b.input((1, 9)), b.edge_index()
    x = b.message_passing(x, edges, "gat", 8, heads=2)
    x = b.graph_attention(x, edges, "cos", 5, heads=2, concat=False)
    graph = b.build(x)
    assert [spec.is_edge_index for spec in graph.inputs] == [False, True]
    assert graph.shapes == {
        "x": (1, 9),
        "edge_index": (2, 1),
        "gat_conv": (1, 8),
        "graph_attention": (1, 5),
    }


def test_several_inputs_and_outputs():
    b = GraphBuilder()
    x, y = b.input((1, 4), name="left"), b.input((1, 4), name="right")
    graph = b.build(b.add(x, y), b.concat(x, y))
    assert [spec.name for spec in graph.inputs] == ["left", "right"]
    assert [graph.shapes[name] for name in graph.outputs] == [(1, 4), (1, 8)]


@pytest.mark.parametrize(
    ("call", "name", "shape"),
    [
        (lambda b, x: b.conv2d(x, 5, (1, 3)), "conv2d", (1, 5, 8, 8)),
        (lambda b, x: b.conv_transpose2d(x, 5), "conv_transpose2d", (1, 5, 16, 16)),
        (lambda b, x: b.conv_transpose2d(x, 5, 4, padding=1), "conv_transpose2d", (1, 5, 16, 16)),
        (lambda b, x: b.tokens(x), "tokens", (1, 64, 4)),
        (lambda b, x: b.image(b.tokens(x), 4), "image", (1, 4, 4, 16)),
        (lambda b, x: b.rms_norm(x), "rms_norm", (1, 4, 8, 8)),
        (lambda b, x: b.linear(x, 5), "linear", (1, 4, 8, 5)),
        (lambda b, x: b.batch_norm(x), "batch_norm", (1, 4, 8, 8)),
        (lambda b, x: b.group_norm(x, 2), "group_norm", (1, 4, 8, 8)),
        (lambda b, x: b.layer_norm(x), "layer_norm", (1, 4, 8, 8)),
        (lambda b, x: b.activation(x, "silu"), "silu", (1, 4, 8, 8)),
        (lambda b, x: b.max_pool(x, 3, stride=2), "max_pool2d", (1, 4, 4, 4)),
        (lambda b, x: b.avg_pool(x, 5, stride=3), "avg_pool2d", (1, 4, 3, 3)),
        (lambda b, x: b.global_avg_pool(x), "adaptive_avg_pool2d", (1, 4, 1, 1)),
        (lambda b, x: b.add(x, x, x), "add", (1, 4, 8, 8)),
        (lambda b, x: b.mul(x, x), "mul", (1, 4, 8, 8)),
        (lambda b, x: b.concat(x, x, x), "concat", (1, 12, 8, 8)),
        (lambda b, x: b.identity(x), "identity", (1, 4, 8, 8)),
        (lambda b, x: b.zero(x, stride=3), "zero", (1, 4, 3, 3)),
        (lambda b, x: b.shift(x), "shift2d", (1, 4, 8, 8)),
        (lambda b, x: b.flatten(x), "flatten", (1, 256)),
        (lambda b, x: b.dropout(x, 0.5), "dropout", (1, 4, 8, 8)),
        (lambda b, x: b.feature_dropout(x, 0.5), "feature_dropout", (1, 4, 8, 8)),
        (lambda b, x: b.drop_path(x, 0.5), "drop_path", (1, 4, 8, 8)),
        (lambda b, x: b.op(LayerNorm(), x, name="mine"), "mine", (1, 4, 8, 8)),
        (lambda b, x: b.classifier(x, 10), "classifier", (1, 10)),
    ],
)
def test_every_step(call, name, shape):
    b = GraphBuilder()
    value = call(b, b.input((1, 4, 8, 8)))
    assert value == Value(name, shape)
    check(b.build(value))


def test_a_network_of_sequences():
    b = GraphBuilder()
    x = b.embedding(b.input((1, 10), dtype="int64"), 100, 16)
    y = b.add(x, b.attention(x, x, x, heads=4))
    assert y == Value("add", (1, 10, 16))
    z = b.conv1d(y, 12, 5, stride=2)
    assert z == Value("conv1d", (1, 12, 8))
    graph = b.build(b.batch_norm(z))
    check(graph)
    assert graph.parameters()["embedding.weight"].shape == (100, 16)
    assert graph.nodes[3].op == Conv1d(out_channels=12, kernel=(5,), stride=(2,))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((1, 4), "batch_norm1d"),
        ((1, 4, 8), "batch_norm1d"),
        ((1, 4, 8, 8), "batch_norm2d"),
        ((1, 4, 2, 8, 8), "batch_norm3d"),
    ],
)
def test_a_batch_norm_suits_its_input(shape, kind):
    b = GraphBuilder()
    graph = b.build(b.batch_norm(b.input(shape)))
    check(graph)
    assert [(node.name, node.op.kind) for node in graph.nodes] == [("batch_norm", kind)]


def test_numbers_stand_for_pairs():
    b = GraphBuilder()
    x = b.input(IMAGE)
    b.conv2d(x, 4, 5, stride=2, padding=1)
    graph = b.build(b.avg_pool(x, 2, stride=2))
    conv, pool = (node.op for node in graph.nodes)
    assert conv == Conv2d(out_channels=4, kernel=(5, 5), stride=(2, 2), padding=(1, 1))
    assert pool == AvgPool2d(kernel=(2, 2), stride=2)


def test_the_classifier_is_the_head():
    b = GraphBuilder()
    graph = b.build(b.classifier(b.input(IMAGE), 10))
    assert graph.nodes[-1].op == Linear(out_features=10, head=True)


def test_equal_operations_are_one_object():
    b = GraphBuilder()
    x = b.conv2d(b.conv2d(b.input((1, 4, 8, 8)), 4), 4)
    first, second = b.build(x).nodes
    assert first.op is second.op


@pytest.mark.parametrize("kernel", [[3, 3], 3.0, (3, 0)])
def test_a_kernel_that_is_none_is_refused_by_the_operation(kernel):
    b = GraphBuilder()
    with pytest.raises(GraphError, match="conv2d: kernel must be two whole numbers"):
        b.conv2d(b.input(IMAGE), 4, kernel)
