"""NAS-Bench-201: cells of four nodes with one of five operations on each edge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import EncodingError, nearest
from nas.graph.blocks import conv_bn, relu_conv_bn
from nas.graph.builder import GraphBuilder
from nas.graph.ops.pool import AvgPool2d
from nas.space.search_space import SearchSpace
from search_spaces.cells.cell_op import CELL_OPS
from search_spaces.macro import MacroSizes, check_choice, check_image_space, for_resolution
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.search_space import Params
    from nas.space.trial import Trial
    from nas.task.task import Task

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NODES = 4
EDGES = tuple((source, target) for target in range(1, NODES) for source in range(target))
"""(source, target) in the order of the notation."""

REDUCTIONS = ("residual", "pool")

KNOWN = {
    "ResNet": "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|",
    "the benchmark's best on CIFAR-10": "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    "+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|",
}
"""Cells by name: the residual block of the authors' program, and the most accurate of the
benchmark on CIFAR-10 (test, mean of three trainings over 200 epochs)."""

_SIZES: dict[float, MacroSizes] = {8: {"channels": 16, "cells": 1}, math.inf: {}}


def edge_name(source: int, target: int) -> str:
    """Name of the parameter that holds an edge's operation."""
    return f"edge_{source}_{target}"


@register
@dataclass(frozen=True, kw_only=True)
class NasBench201(SearchSpace):
    """Three stages of equal cells, a reduction of stride 2 before the second and third.

    A node of a cell is the sum of its incoming edges. With few cells in a stage the accuracy
    depends mostly on the benchmark's residual reductions, four 3x3 convolutions that all networks
    share, and hardly on the cells; so the proxy reduces by pooling.

    Attributes:
        channels: Width of the first stage; it doubles from stage to stage.
        cells: Cells in each stage.
        reduction: ``residual`` as in the benchmark, or ``pool``: average pooling and a 1x1
            convolution.

    Example:
        >>> from nas.task.task import Task
        >>> space = NasBench201(task=Task(classes=10, channels=3, resolution=32))
        >>> text = (
        ...     "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
        ...     "+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"
        ... )
        >>> space.decode(text)["edge_2_3"]
        'nor_conv_1x1'
        >>> space.encode(space.decode(text)) == text
        True
    """

    name: ClassVar[str] = "nb201"
    description: ClassVar[str] = "NAS-Bench-201: 15,625 cells of six edges, five operations"
    source: ClassVar[str] = "Dong & Yang, NAS-Bench-201, ICLR 2020"

    proxy_limits: ClassVar[Mapping[str, int | str]] = {
        "channels": 16,
        "cells": 2,
        "reduction": "pool",
    }

    channels: int = 16
    cells: int = 5
    reduction: str = "residual"

    def __post_init__(self) -> None:
        check_image_space(self)
        check_choice(self, "reduction", REDUCTIONS)

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        operations = {
            edge: trial.suggest_categorical(edge_name(*edge), OPERATIONS) for edge in EDGES
        }
        reduce = residual_block if self.reduction == "residual" else pool_block
        b = GraphBuilder()
        x = b.input((1, self.task.channels, self.task.resolution, self.task.resolution))
        with b.scope("stem"):
            x = conv_bn(b, x, self.channels)
        for stage in range(3):
            with b.scope(f"stage{stage}"):
                if stage:
                    x = reduce(b, x, 2 * x.channels)
                for index in range(self.cells):
                    with b.scope(f"cell{index}"):
                        x = cell(b, x, operations)
        with b.scope("last"):
            x = b.relu(b.batch_norm(x, name="norm"))
        return b.build(b.classifier(x, self.task.classes))

    def encode(self, params: Params) -> str:
        """``|op~0|+|op~0|op~1|+|op~0|op~1|op~2|``: operations and inputs of nodes 1, 2 and 3."""
        return "+".join(
            "".join(f"|{params[edge_name(source, target)]}~{source}" for source in range(target))
            + "|"
            for target in range(1, NODES)
        )

    def decode(self, text: str) -> dict[str, Any]:
        groups = text.strip().split("+")
        if len(groups) != NODES - 1:
            raise EncodingError(
                f"expected {NODES - 1} nodes joined by '+', got {len(groups)} in {text!r}",
                hint="The form is |op~0|+|op~0|op~1|+|op~0|op~1|op~2|.",
            )
        params: dict[str, Any] = {}
        for target, group in enumerate(groups, start=1):
            params.update(_decode_node(target, group.strip()))
        return params

    def known(self) -> dict[str, dict[str, Any]]:
        """The residual block, and the benchmark's most accurate cell on CIFAR-10."""
        return {name: self.decode(text) for name, text in KNOWN.items()}

    def size(self) -> int:
        return int(len(OPERATIONS) ** len(EDGES))


def cell(b: GraphBuilder, x: Value, operations: Mapping[tuple[int, int], str]) -> Value:
    """One cell of the given edge operations: (B, C, H, W) -> (B, C, H, W)."""
    nodes = [x]
    for target in range(1, NODES):
        edges = []
        for source in range(target):
            with b.scope(edge_name(source, target)):
                edges.append(CELL_OPS[operations[source, target]](b, nodes[source], x.channels, 1))
        nodes.append(b.add(*edges, name=f"node{target}"))
    return nodes[-1]


def residual_block(b: GraphBuilder, x: Value, channels: int) -> Value:
    """Halve the resolution: (B, C, H, W) -> (B, channels, H/2, W/2).

    Two ReLU-Conv-BN beside a 2x2 average pool and a 1x1 convolution without norm.
    """
    with b.scope("reduce"):
        with b.scope("first"):
            y = relu_conv_bn(b, x, channels, 3, stride=2)
        with b.scope("second"):
            y = relu_conv_bn(b, y, channels, 3)
        with b.scope("shortcut"):
            x = b.conv2d(_halved(b, x), channels, 1, name="conv")
        return b.add(x, y)


def pool_block(b: GraphBuilder, x: Value, channels: int) -> Value:
    """Halve the resolution: (B, C, H, W) -> (B, channels, H/2, W/2).

    A 2x2 average pool and a 1x1 ReLU-Conv-BN.
    """
    with b.scope("reduce"):
        return relu_conv_bn(b, _halved(b, x), channels, 1)


def _halved(b: GraphBuilder, x: Value) -> Value:
    odd = x.shape[2] % 2, x.shape[3] % 2
    return b.op(AvgPool2d(kernel=(2, 2), stride=2, padding=odd), x)


def _decode_node(target: int, group: str) -> dict[str, str]:
    where = f"node {target}, {group!r}"
    if len(group) < 2 or group[0] != "|" or group[-1] != "|":
        raise EncodingError(f"{where}: expected edges between bars, like |op~0|")
    edges = group[1:-1].split("|")
    if len(edges) != target:
        raise EncodingError(f"{where}: expected {target} edges between bars, got {len(edges)}")
    return {
        edge_name(source, target): _decode_edge(source, edge, f"{where}, edge {source}")
        for source, edge in enumerate(edges)
    }


def _decode_edge(source: int, edge: str, where: str) -> str:
    operation, tilde, read = edge.partition("~")
    if not tilde or read != str(source):
        raise EncodingError(f"{where}: expected 'op~{source}', got {edge!r}")
    if operation not in OPERATIONS:
        raise EncodingError(
            f"{where}: unknown operation {operation!r}",
            hint=nearest(operation, OPERATIONS) or f"Known: {', '.join(OPERATIONS)}.",
        )
    return operation
