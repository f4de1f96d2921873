from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass

import networkx as nx
import pytest
import torch
from torch import nn

from hypernets.features import KINDS, PASSED, TABLE_SIZES, encode
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.op import FreeOp, OpFeatures, Role
from nas.graph.ops.activation import FUNCTIONS, Activation
from nas.graph.ops.call import Call
from nas.graph.ops.conv import Conv1d, Conv2d, Conv3d
from nas.graph.ops.embedding import Embedding
from nas.graph.ops.function_kind import kind_of
from nas.graph.ops.layer import Layer
from nas.graph.ops.linear import Linear
from nas.graph.ops.norm import BatchNorm1d, BatchNorm2d, GroupNorm
from nas.graph.ops.parameter import Constant, Parameter
from nas.graph.ops.pool import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d
from nas.graph.ops.shape import Identity, Shift2d
from nas.graph.tensor_spec import TensorSpec
from tests.hypernets.hypernet_toys import chain, every_role, samples, tiny_space

IN_CHANNELS, OUT_CHANNELS, RESOLUTION = 7, 8, 9
"""Columns of the attributes."""


def features(graph, reach=50):
    data = encode(graph, reach).data
    names = ("kind", "attributes", "passed", "depth", "level", "edge_index", "distance")
    return [getattr(data, name) for name in names]


def look_equal(first, second):
    pairs = list(zip(features(first), features(second), strict=True))
    return all(a.shape == b.shape and torch.equal(a, b) for a, b in pairs)


def with_op(op):
    return chain(lambda b, x: b.op(op, x, name="op"))


def conv(**attributes):
    return Conv2d(out_channels=8, **attributes)


DIFFERENT = {
    "kernel": (conv(kernel=(3, 3)), conv(kernel=(5, 5))),
    "long kernel": (conv(kernel=(1, 7)), conv(kernel=(7, 1))),
    "stride": (conv(), conv(stride=(2, 2))),
    "dilation": (conv(), conv(dilation=2)),
    "groups": (conv(), conv(groups=2)),
    "bias": (conv(), conv(bias=True)),
    "depthwise": (conv(groups=4), conv(groups=8)),
    "channels": (Conv2d(out_channels=8), Conv2d(out_channels=12)),
    "padding": (conv(), conv(padding=(0, 0))),
    "pool": (MaxPool2d(), AvgPool2d()),
    "pool kernel": (AvgPool2d(), AvgPool2d(kernel=(5, 5))),
    "pool stride": (AvgPool2d(), AvgPool2d(stride=2)),
    "global pool": (AdaptiveAvgPool2d(), AdaptiveMaxPool2d()),
    "pool size": (AdaptiveAvgPool2d(), AdaptiveAvgPool2d(size=2)),
    "norm": (BatchNorm2d(), GroupNorm(groups=2)),
    "norm groups": (GroupNorm(groups=2), GroupNorm(groups=8)),
    "shift": (Identity(), Shift2d()),
}


def test_a_value_read_twice_is_seen():
    twice = chain(lambda b, x: b.add(x, x))
    thrice = chain(lambda b, x: b.add(x, x, x))
    assert not look_equal(twice, thrice)


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_attributes_are_seen(pair):
    first, second = (with_op(op) for op in pair)
    assert look_equal(first, with_op(pair[0]))
    assert not look_equal(first, second)


def test_all_activations_differ():
    graphs = [chain(), *(with_op(Activation(function=name)) for name in FUNCTIONS)]
    for index, graph in enumerate(graphs):
        assert sum(look_equal(graph, other) for other in graphs) == 1, index


def test_how_often_an_activation_is_applied_is_seen():
    once, twice = chain(GraphBuilder.relu), chain(GraphBuilder.relu, GraphBuilder.relu)
    assert not look_equal(once, twice)


def test_merges_differ():
    def merged(name):
        return chain(lambda b, x: getattr(b, name)(x, b.batch_norm(x)))

    assert not look_equal(merged("add"), merged("mul"))
    assert not look_equal(merged("add"), merged("concat"))


def test_heads_are_no_ordinary_layers():
    def head(*, is_head):
        b = GraphBuilder()
        x = b.flatten(b.input((1, 4, 1, 1)))
        return b.build(b.op(Linear(out_features=10, head=is_head), x))

    assert not look_equal(head(is_head=True), head(is_head=False))


def test_the_wiring_is_seen():
    def wired(*, skip):
        return chain(lambda b, x: b.add(*((x,) if skip else ()), b.conv2d(b.conv2d(x, 8), 8)))

    assert not look_equal(wired(skip=True), wired(skip=False))


def test_earlier_vocabularies_keep_their_places():
    first, last = KINDS.index("input"), KINDS.index("concat")
    assert (first, last, KINDS.index("head")) == (0, 13, 3)
    assert [PASSED.index(name) for name in ("elu", "tanh", "identity", "drop_path")] == [
        0,
        11,
        12,
        16,
    ]
    assert [KINDS.index(name) for name in ("parameter", "call", "gcn")] == [14, 23, 24]


def on_edges(layer):
    b = GraphBuilder()
    x, edges = b.input((1, 9)), b.edge_index()
    return b.build(b.linear(layer(b, x, edges), 4))


def test_edges_of_data_graphs_are_not_seen():
    data = encode(on_edges(lambda b, x, e: b.message_passing(x, e, "gcn", 8)), 50).data
    assert [KINDS[kind] for kind in data.kind] == ["input", "gcn", "linear"]
    assert data.level.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            lambda b, x, e: b.message_passing(x, e, "gcn", 8),
            lambda b, x, e: b.message_passing(x, e, "gin", 8),
        ),
        (
            lambda b, x, e: b.message_passing(x, e, "gat", 8),
            lambda b, x, e: b.message_passing(x, e, "gat", 8, heads=2),
        ),
        (
            lambda b, x, e: b.message_passing(x, e, "general", 8),
            lambda b, x, e: b.message_passing(x, e, "general", 8, aggregation="max"),
        ),
        (
            lambda b, x, e: b.graph_attention(x, e, "cos", 8),
            lambda b, x, e: b.graph_attention(x, e, "gat", 8),
        ),
        (
            lambda b, x, e: b.graph_attention(x, e, "cos", 8),
            lambda b, x, e: b.graph_attention(x, e, "cos", 8, aggregation="mean"),
        ),
        (
            lambda b, x, e: b.graph_attention(x, e, "cos", 8),
            lambda b, x, e: b.graph_attention(x, e, "cos", 8, pool=128),
        ),
    ],
    ids=["layer", "heads", "aggregation", "attention", "attention's aggregation", "pool"],
)
def test_message_passing_is_seen(first, second):
    assert not look_equal(on_edges(first), on_edges(second))


@pytest.mark.parametrize(
    ("graph", "digest"),
    [
        (every_role(), "91f7692ff46da936"),
        (samples(tiny_space("nb201"), 1)[0], "5fefbc25c616fc3b"),
        (samples(tiny_space("darts"), 1)[0], "8e726c148d05e202"),
    ],
    ids=["every role", "nb201", "darts"],
)
def test_what_vocabulary_1_knew_looks_as_it_did(graph, digest):
    data = encode(graph, 50).data
    passed, later = data.passed[:, :17].long(), data.passed[:, 17:]
    columns = [data.kind, data.attributes, passed, data.level, data.edge_index, data.distance]
    text = json.dumps([column.long().tolist() for column in columns])
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest
    assert not later.any()


def test_every_function_is_seen_as_itself_or_a_call():
    kinds = {kind_of(f"torch.nn.functional.{name}") for name in dir(nn.functional)}
    assert kinds <= {*KINDS, *PASSED}
    assert set(FUNCTIONS) <= set(PASSED)


def cube(kind="cube"):
    @dataclass(frozen=True, kw_only=True)
    class Cube(FreeOp):
        def infer_shape(self, *inputs):
            return inputs[0]

        def forward(self, params, *inputs):
            return inputs[0] ** 3

        def features(self):
            return OpFeatures(kind=kind)

    Cube.kind = "cube"
    return Cube()


def kinds(graph):
    return [KINDS[kind] for kind in encode(graph, 50).data.kind]


def test_operations_of_no_known_kind_are_calls():
    assert kinds(with_op(cube())) == ["input", "conv2d", "call", "adaptive_avg_pool2d", "head"]
    assert look_equal(with_op(cube()), with_op(cube("call")))


def attribute(graph, kind, column):
    """One column of the attributes of the last node of a kind."""
    data = encode(graph, 50).data
    (places,) = (data.kind == KINDS.index(kind)).nonzero(as_tuple=True)
    return data.attributes[places[-1], column].item()


@pytest.mark.parametrize(
    ("channels", "bucket"),
    [(1, 0), (2, 2), (3, 3), (4, 4), (8, 6), (11, 7), (16, 8), (17, 8), (23, 9), (32, 10)],
)
def test_channels_fall_into_half_octaves(channels, bucket):
    graph = chain(lambda b, x: b.conv2d(x, channels, name="op"))
    assert attribute(graph, "conv2d", OUT_CHANNELS) == bucket == round(2 * math.log2(channels))
    reader = chain(lambda b, x: b.conv2d(b.conv2d(x, channels), 8))
    assert attribute(reader, "conv2d", IN_CHANNELS) == bucket


@pytest.mark.parametrize(("resolution", "bucket"), [(1, 0), (7, 6), (8, 6), (16, 8), (224, 16)])
def test_resolutions_fall_into_half_octaves(resolution, bucket):
    b = GraphBuilder()
    graph = b.build(b.conv2d(b.input((1, 3, resolution, resolution)), 8))
    assert attribute(graph, "conv2d", RESOLUTION) == bucket
    assert attribute(graph, "input", RESOLUTION) == bucket


def test_extreme_values_stay_in_the_tables():
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 100_000, 99, 99)), 100_000, 33, stride=9, dilation=9, groups=100)
    data = encode(b.build(x), 50).data
    assert (data.attributes < torch.tensor(TABLE_SIZES)).all()
    assert (data.attributes >= 0).all()


def test_values_of_a_convolution():
    graph = chain(lambda b, x: b.conv2d(x, 16, (3, 5), stride=2, dilation=3, groups=2))
    found = [attribute(graph, "conv2d", column) for column in range(len(TABLE_SIZES))]
    channels, width = (6, 8), 4  # 8 and 16 channels, 4 pixels
    bias, reads = 0, 1
    assert found == [3, 5, 2, 3, 2, bias, reads, *channels, width]


def test_slots_are_the_parameters_in_order():
    graph = every_role()
    slots = encode(graph, 50).slots
    expected = [(name, spec.role, spec.shape) for name, spec in graph.parameters().items()]
    assert [(slot.name, slot.role, slot.shape) for slot in slots] == expected
    assert {slot.role for slot in slots} >= set(Role) - {Role.TABLE, Role.ATTENTION, Role.STACKED}


def test_slots_know_their_node():
    encoded = encode(every_role(), 50)
    kinds = {slot.name: KINDS[encoded.data.kind[slot.node]] for slot in encoded.slots}
    assert kinds["stem.weight"] == kinds["stem.bias"] == "conv2d"
    assert kinds["group_norm.weight"] == "group_norm"
    assert kinds["batch_norm.bias"] == "batch_norm2d"
    assert kinds["layer_norm.weight"] == "layer_norm"
    assert kinds["classifier.weight"] == "head"
    channels = {
        slot.name: encoded.data.attributes[slot.node, OUT_CHANNELS].item()
        for slot in encoded.slots
    }
    assert channels["wide.weight"] == round(2 * math.log2(20))


def test_passed_operations_are_attributes_of_their_readers():
    graph = chain(lambda b, x: b.conv2d(b.dropout(b.relu(x), 0.5), 8))
    data = encode(graph, 50).data
    assert [KINDS[kind] for kind in data.kind] == [
        "input",
        "conv2d",
        "conv2d",
        "adaptive_avg_pool2d",
        "head",
    ]
    seen = [{PASSED[i] for i in row.nonzero().flatten()} for row in data.passed]
    assert seen == [set(), set(), {"relu", "dropout"}, set(), {"flatten"}]


def test_zeros_cut_the_graph():
    graph = chain(lambda b, x: b.add(b.batch_norm(b.zero(x)), x))
    data = encode(graph, reach=1).data
    norm = KINDS.index("batch_norm2d")
    (place,) = (data.kind == norm).nonzero().flatten().tolist()
    assert place not in data.edge_index[1]
    assert place in data.edge_index[0]


def seen_dag(graph):
    """What a hypernetwork sees of a graph, with networkx: passed nodes bypassed, zeros cut."""
    dag = nx.DiGraph()
    dag.add_nodes_from(spec.name for spec in graph.inputs)
    heard = {spec.name: {spec.name} for spec in graph.inputs}
    for node in graph.nodes:
        reads = set().union(*(heard[name] for name in node.inputs))
        kind = node.op.features().kind
        if kind == "zero":
            heard[node.name] = set()
        elif kind in PASSED:
            heard[node.name] = reads
        else:
            dag.add_node(node.name)
            dag.add_edges_from((read, node.name) for read in reads)
            heard[node.name] = {node.name}
    return dag


@pytest.mark.parametrize("reach", [1, 2, 5, 50, 100_000])
@pytest.mark.parametrize(
    "graph",
    [every_role(), *samples(tiny_space("nb201"), 2), *samples(tiny_space("darts"), 1)],
)
def test_edges_are_the_shortest_paths_within_reach(graph, reach):
    encoded, dag = encode(graph, reach), seen_dag(graph)
    place = {slot.name.rpartition(".")[0]: slot.node for slot in encoded.slots}
    found = {
        (source, target): distance
        for source, target, distance in zip(
            *encoded.data.edge_index.tolist(), encoded.data.distance.tolist(), strict=True
        )
    }
    lengths = dict(nx.all_pairs_shortest_path_length(dag, cutoff=reach))
    assert len(found) == sum(len(targets) - 1 for targets in lengths.values())
    for source in place:
        for target in place:
            length = lengths[source].get(target, 0)
            assert found.get((place[source], place[target]), 0) == length


def test_levels_are_longest_paths():
    graph = samples(tiny_space("darts"), 1)[0]
    encoded, dag = encode(graph, 1), seen_dag(graph)
    longest: dict[str, int] = {}
    for node in nx.topological_sort(dag):
        longest[node] = 1 + max((longest[read] for read in dag.predecessors(node)), default=-1)
    level = encoded.data.level.tolist()
    assert level == sorted(level) == sorted(longest.values())
    assert all(level[s.node] == longest[s.name.rpartition(".")[0]] for s in encoded.slots)


def test_equal_layers_at_other_depths_look_different():
    data = encode(chain(*[lambda b, x: b.conv2d(x, 8)] * 6), 1).data
    assert len(torch.unique(data.depth, dim=0)) == data.num_nodes


def test_several_inputs():
    b = GraphBuilder()
    first, second = b.input((1, 3, 8, 8), name="x"), b.input((1, 3, 8, 8), name="y")
    data = encode(b.build(b.classifier(b.add(first, second), 10)), 50).data
    assert data.level.tolist() == [0, 0, 1, 2, 3]


def test_a_graph_of_nothing_but_its_input():
    b = GraphBuilder()
    encoded = encode(b.build(b.relu(b.input((1, 3, 8, 8)))), 50)
    assert encoded.slots == ()
    assert encoded.data.edge_index.shape == (2, 0)


TOKENS = {
    "vector": ((1, 12), (7, 0)),
    "tokens": ((1, 16, 12), (7, 4)),
    "odd tokens": ((1, 50, 12), (7, 6)),
    "tokens in rows": ((1, 4, 4, 12), (7, 4)),
}
"""Shape, octaves of channels and resolution (16 tokens are 4x4 pixels, 50 about 7x7)."""


@pytest.mark.parametrize(("shape", "octaves"), TOKENS.values(), ids=TOKENS.keys())
def test_channels_of_tokens_are_the_last_dimension(shape, octaves):
    b = GraphBuilder()
    graph = b.build(b.layer_norm(b.input(shape)))
    found = [attribute(graph, "layer_norm", column) for column in (OUT_CHANNELS, RESOLUTION)]
    assert tuple(found) == octaves


@pytest.mark.parametrize(
    ("op", "shape"),
    [
        (Conv1d(out_channels=12), (1, 12, 16)),
        (BatchNorm1d(), (1, 12, 16)),
        (Conv2d(out_channels=12), (1, 12, 3, 16)),
        (Conv3d(out_channels=12), (1, 12, 3, 4, 16)),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, tuple) else "",
)
def test_channels_of_convolutions_are_dimension_1(op, shape):
    b = GraphBuilder()
    graph, kind = b.build(b.op(op, b.input(shape))), op.features().kind
    found = [attribute(graph, kind, column) for column in (IN_CHANNELS, OUT_CHANNELS, RESOLUTION)]
    assert found == [7, 7, 8]


def small(*nodes, shape=(1, 4), output=None):
    """A graph of nodes given as (name, operation, inputs)."""
    steps = tuple(Node(name, op, inputs) for name, op, inputs in nodes)
    return Graph((TensorSpec(shape),), steps, (output or steps[-1].name,))


@pytest.mark.parametrize("shape", [(), (12,), (1, 16, 12), (16, 12), (12, 3, 16, 12)])
def test_learned_tensors_are_nodes_without_reads(shape):
    graph = small(
        ("scale", Parameter(shape=shape), ()),
        ("y", Call(expression="torch.mul(x0, x1)"), ("x", "scale")),
        shape=(1, 12, 3, 16, 12),
    )
    encoded = encode(graph, 50)
    assert kinds(graph) == ["input", "parameter", "mul"]
    assert encoded.data.level.tolist() == [0, 0, 1]
    (slot,) = encoded.slots
    assert (slot.name, slot.node, slot.shape) == ("scale.value", 1, shape)
    assert attribute(graph, "parameter", OUT_CHANNELS) == (7 if shape else 0)


def test_fixed_tensors_and_what_comes_of_them_are_not_seen():
    index = Constant(shape=(4,), dtype="int64")
    graph = small(
        ("index", index, ()),
        ("double", Call(expression="torch.add(x0, x0)", dtypes=("int64",)), ("index",)),
        ("table", Embedding(num_embeddings=8, dim=4), ("double",)),
        ("y", Call(expression="torch.matmul(x0, x1)"), ("x", "table")),
    )
    assert kinds(graph) == ["input", "embedding", "matmul"]
    assert [slot.node for slot in encode(graph, 50).slots] == [1]


def test_names_of_parameters_may_hold_dots():
    layer = nn.Sequential(nn.Sequential(nn.Linear(4, 4)))
    graph = small(
        ("a.b", Linear(out_features=4), ("x",)),
        ("a.c", Layer(layer=layer, shape=(1, 4), opaque=False), ("a.b",)),
    )
    encoded = encode(graph, 50)
    found = {slot.name: KINDS[encoded.data.kind[slot.node]] for slot in encoded.slots}
    assert found == {
        "a.b.weight": "linear",
        "a.b.bias": "linear",
        "a.c.0.0.weight": "layer",
        "a.c.0.0.bias": "layer",
    }


def test_passed_functions_of_several_values_are_nodes():
    pick = Call(expression="torch.maximum(x0, x1)")
    nodes = [(f"y{i}", pick, (f"y{i - 1}" if i else "x",) * 2) for i in range(64)]
    assert kinds(small(*nodes)) == ["input", *["call"] * 64]


def test_a_passed_function_of_one_value_and_fixed_ones_is_an_attribute():
    graph = small(
        ("mask", Constant(shape=(4,)), ()),
        ("high", Call(expression="torch.maximum(x0, x1)"), ("x", "mask")),
        ("y", Linear(out_features=2), ("high",)),
    )
    data = encode(graph, 50).data
    assert kinds(graph) == ["input", "linear"]
    assert data.passed[1, PASSED.index("function")] == 1


@pytest.mark.parametrize("length", [2, 300, 600])
def test_long_chains_within_any_reach(length):
    linear = Linear(out_features=4)
    nodes = [(f"y{i}", linear, (f"y{i - 1}" if i else "x",)) for i in range(length)]
    for reach in (1, 253, 254, 255, 1000):
        distance = encode(small(*nodes), reach).data.distance
        assert distance.max() == min(reach, length)
        assert len(distance) == sum(min(reach, node) for node in range(1, length + 1))
