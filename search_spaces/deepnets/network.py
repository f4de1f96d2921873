"""Builds a network of DeepNets-1M from its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.blocks import conv_bn, relu_conv_bn
from nas.graph.builder import GraphBuilder
from nas.graph.graph import Graph
from nas.graph.node import Node
from nas.graph.ops.linear import Linear
from nas.graph.ops.norm import BatchNorm2d
from nas.graph.ops.parameter import Parameter
from nas.graph.ops.pool import MaxPool2d
from search_spaces.cells.cell import add_cell, project

if TYPE_CHECKING:
    from nas.graph.builder import Value
    from nas.task.task import Task
    from search_spaces.deepnets.plan import Plan

_LARGE = 64
"""Resolution from which stems reduce images."""
_PATCHES = 14
"""Approximate number of patches along each side of a large image."""


def plan_network(plan: Plan, task: Task, channels: int, cells: int) -> Graph:
    """Stem, cells with two reductions among them, head.

    Args:
        plan: All choices.
        task: Images and classes.
        channels: Unit of the plan's width.
        cells: Number of cells; replaces that of the plan.
    """
    graph = _Network(plan, task, channels).build(cells)
    return graph if plan.norm else without_norm(graph)


def without_norm(graph: Graph) -> Graph:
    """The graph with every batch norm bypassed."""
    alias: dict[str, str] = {}
    kept = []
    for node in graph.nodes:
        inputs = tuple(alias.get(name, name) for name in node.inputs)
        if isinstance(node.op, BatchNorm2d):
            alias[node.name] = inputs[0]
        else:
            kept.append(Node(node.name, node.op, inputs))
    return Graph(graph.inputs, tuple(kept), tuple(alias.get(name, name) for name in graph.outputs))


class _Network:
    """A network under construction: its builder, and settings that all parts need."""

    def __init__(self, plan: Plan, task: Task, channels: int) -> None:
        self._plan = plan
        self._task = task
        self._unit = channels
        self._width = channels * plan.width // 2
        self._large = task.resolution >= _LARGE
        self._b = GraphBuilder()

    def build(self, cells: int) -> Graph:
        b, plan, task = self._b, self._plan, self._task
        stems = {"plain": self._plain, "imagenet": self._imagenet, "patch": self._patch}
        x = b.input((1, task.channels, task.resolution, task.resolution))
        with b.scope("stem"):
            before, last = stems[plan.stem.kind](x)
        width = self._width
        for index in range(cells):
            reduces = index > 0 and index in (cells // 3, 2 * cells // 3)
            width *= plan.multiplier if reduces else 1
            with b.scope(f"cell{index}"):
                before, last = last, self._cell(before, last, width, reduces=reduces)
        return b.build(self._head(last))

    def _plain(self, x: Value) -> tuple[Value, Value]:
        """(B, C, H, W) -> one value twice, 3 * width where cells project small images."""
        b, stem = self._b, self._plan.stem
        width = self._width * (1 if self._large or not self._plan.project else 3)
        x = conv_bn(b, x, width, stem.kernel, stride=4 if self._large else 1)
        x = b.max_pool(x, stride=2) if stem.pool else x
        return x, x

    def _imagenet(self, x: Value) -> tuple[Value, Value]:
        """(B, C, H, W) -> (B, width, H, W), (B, width, H/2, W/2); large images first / 4."""
        b, width, stride = self._b, self._width, 2 if self._large else 1
        with b.scope("first"):
            x = conv_bn(b, x, width // 2, self._plan.stem.kernel, stride=stride)
        with b.scope("second"):
            x = relu_conv_bn(b, x, width, 3, stride=stride)
        with b.scope("third"):
            return x, relu_conv_bn(b, x, width, 3, stride=2)

    def _patch(self, x: Value) -> tuple[Value, Value]:
        """(B, C, H, W) -> one value twice, (B, width, H/p, W/p), with learned positions."""
        b = self._b
        patch = round(self._task.resolution / _PATCHES) if self._large else 3
        padding = 0 if self._large else 1
        x = b.conv2d(x, self._width, patch, stride=patch, padding=padding, name="conv")
        x = b.add(x, b.op(Parameter(shape=x.shape), name="position"))
        return x, x

    def _cell(self, before: Value, last: Value, width: int, *, reduces: bool) -> Value:
        genotype, patches = self._plan.genotype, self._plan.stem.kind == "patch"
        return add_cell(
            self._b,
            self._inputs(before, last, width),
            genotype.reduce if reduces else genotype.normal,
            genotype.reduce_concat if reduces else genotype.normal_concat,
            width,
            stride=2 if reduces and not patches else 1,
        )

    def _inputs(self, before: Value, last: Value, width: int) -> tuple[Value, Value]:
        """States 0 and 1 of a cell, of equal resolution."""
        b = self._b
        if self._plan.project:
            with b.scope("input0"):
                state0 = project(b, before, width, last)
            with b.scope("input1"):
                return state0, relu_conv_bn(b, last, width)
        if before.shape[2:] != last.shape[2:]:
            before = b.op(MaxPool2d(kernel=(1, 1), stride=2), before, name="subsample")
        return before, last

    def _head(self, x: Value) -> Value:
        b, hidden = self._b, 2 * self._unit * self._plan.hidden
        if self._plan.pooled:
            x = b.global_avg_pool(x, name="pool")
        x = b.flatten(x)
        if hidden:
            x = b.dropout(b.relu(b.linear(x, hidden, name="hidden")), 0.5)
        return b.op(Linear(out_features=self._task.classes, head=True), x, name="classifier")
