"""Random graphs, and random rewritings of them that change nothing."""

from __future__ import annotations

from hypothesis import strategies as st

from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops import GroupNorm, Linear
from nas.graph.ops.activation import FUNCTIONS

CHANNELS = (1, 2, 4, 6)


@st.composite
def graphs(draw, nodes: int = 8) -> Graph:
    """A network of up to ``nodes`` steps, each on any earlier value, and a linear head."""
    b = GraphBuilder()
    side = draw(st.integers(4, 9))
    values = [b.input((1, draw(st.sampled_from(CHANNELS)), side, side))]
    for _ in range(draw(st.integers(1, nodes))):
        x = draw(st.sampled_from(values))
        values.append(STEPS[draw(st.sampled_from(sorted(STEPS)))](draw, b, x, values))
    x = b.flatten(b.global_avg_pool(draw(st.sampled_from(values))))
    return b.build(b.op(Linear(out_features=3, head=draw(st.booleans())), x, name="head"))


def conv(draw, b, x, values):
    groups = draw(st.sampled_from([n for n in (1, 2) if x.channels % n == 0]))
    return b.conv2d(
        x,
        groups * draw(st.integers(1, 3)),
        (draw(st.sampled_from((1, 3))), draw(st.sampled_from((1, 3, 5)))),
        stride=draw(st.sampled_from((1, 1, 2))),
        dilation=draw(st.sampled_from((1, 1, 2))),
        groups=groups,
        bias=draw(st.booleans()),
    )


def merge(draw, b, x, values):
    """Sum, product or concatenation with other values of the same shape."""
    same = [value for value in values if value.shape == x.shape]
    others = draw(st.lists(st.sampled_from(same), min_size=1, max_size=2))
    kind = draw(st.sampled_from(("add", "mul", "concat")))
    if kind == "mul":
        return b.mul(x, others[0])
    return b.add(x, *others) if kind == "add" else b.concat(x, *others)


STEPS = {
    "activation": lambda draw, b, x, _: b.activation(x, draw(st.sampled_from(sorted(FUNCTIONS)))),
    "avg_pool": lambda draw, b, x, _: b.avg_pool(x, stride=draw(st.sampled_from((1, 2)))),
    "batch_norm": lambda draw, b, x, _: b.batch_norm(x),
    "conv": conv,
    "drop_path": lambda draw, b, x, _: b.drop_path(x, 0.25),
    "gate": lambda draw, b, x, _: b.mul(x, b.activation(b.global_avg_pool(x), "sigmoid")),
    "group_norm": lambda draw, b, x, _: b.op(GroupNorm(groups=1), x),
    "identity": lambda draw, b, x, _: b.identity(x),
    "max_pool": lambda draw, b, x, _: b.max_pool(x, stride=draw(st.sampled_from((1, 2)))),
    "merge": merge,
    "shift": lambda draw, b, x, _: b.shift(x),
    "zero": lambda draw, b, x, _: b.zero(x, stride=draw(st.sampled_from((1, 2)))),
}


@st.composite
def graphs_and_twins(draw) -> tuple[Graph, Graph]:
    """A graph and another way to write it: renamed, reordered, with swaps and dead branches."""
    graph = draw(graphs())
    nodes = with_swapped_inputs(draw, with_dead_branch(draw, graph))
    nodes = in_another_order(draw, graph, nodes)
    names = {node.name: f"scope{i % 3}.node{i}" for i, node in enumerate(nodes)}
    names |= {spec.name: spec.name for spec in graph.inputs}
    renamed = tuple(Node(names[n.name], n.op, tuple(names[i] for i in n.inputs)) for n in nodes)
    return graph, Graph(graph.inputs, renamed, tuple(names[name] for name in graph.outputs))


def with_dead_branch(draw, graph: Graph) -> list[Node]:
    copied = draw(st.sampled_from(graph.nodes))
    branch = [Node("dead0", copied.op, copied.inputs), Node("dead1", copied.op, copied.inputs)]
    return [*graph.nodes, *branch[: draw(st.integers(0, 2))]]


def with_swapped_inputs(draw, nodes: list[Node]) -> list[Node]:
    return [
        Node(n.name, n.op, tuple(draw(st.permutations(n.inputs)))) if n.op.commutative else n
        for n in nodes
    ]


def in_another_order(draw, graph: Graph, nodes: list[Node]) -> list[Node]:
    """Any topological order."""
    known = {spec.name for spec in graph.inputs}
    waiting, done = list(nodes), []
    while waiting:
        ready = [node for node in waiting if known.issuperset(node.inputs)]
        chosen = draw(st.sampled_from(ready))
        waiting.remove(chosen)
        known.add(chosen.name)
        done.append(chosen)
    return done
