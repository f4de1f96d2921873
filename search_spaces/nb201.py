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
from search_spaces.cell_op import CELL_OPS
from search_spaces.macro import Sizes, check_image_space, for_resolution
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.search_space import Params
    from nas.space.task import Task
    from nas.space.trial import Trial

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NODES = 4
EDGES = tuple((source, target) for target in range(1, NODES) for source in range(target))
"""(source, target) in the order of the notation."""

_SIZES: dict[float, Sizes] = {8: {"channels": 16, "cells": 1}, math.inf: {}}


def edge_name(source: int, target: int) -> str:
    """Name of the parameter that holds an edge's operation."""
    return f"edge_{source}_{target}"


@register
@dataclass(frozen=True, kw_only=True)
class NasBench201(SearchSpace):
    """Three stages of equal cells, a residual block of stride 2 before the second and third.

    A node of a cell is the sum of its incoming edges.

    Attributes:
        channels: Width of the first stage; it doubles from stage to stage.
        cells: Cells in each stage.

    Example:
        >>> from nas.space.task import Task
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

    channels: int = 16
    cells: int = 5

    def __post_init__(self) -> None:
        check_image_space(self)

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        operations = {
            edge: trial.suggest_categorical(edge_name(*edge), OPERATIONS) for edge in EDGES
        }
        b = GraphBuilder()
        x = b.input((1, self.task.channels, self.task.resolution, self.task.resolution))
        with b.scope("stem"):
            x = conv_bn(b, x, self.channels)
        for stage in range(3):
            with b.scope(f"stage{stage}"):
                if stage:
                    x = residual_block(b, x, 2 * x.channels)
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
            odd = x.shape[2] % 2, x.shape[3] % 2
            x = b.op(AvgPool2d(kernel=(2, 2), stride=2, padding=odd), x)
            x = b.conv2d(x, channels, 1, name="conv")
        return b.add(x, y)


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
