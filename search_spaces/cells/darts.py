"""The DARTS space: cells of four blocks, each reading two different states."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import EncodingError
from nas.graph.blocks import conv_bn, relu_conv_bn
from nas.graph.builder import GraphBuilder
from nas.space.search_space import SearchSpace
from nas.space.trial import ReplayTrial
from search_spaces.cells.cell import add_cell, project
from search_spaces.cells.cell_op import CELL_OPS
from search_spaces.cells.genotype import Block, Edge, Genotype, check_blocks, check_operations
from search_spaces.cells.published import DARTS_CELLS
from search_spaces.macro import (
    MacroSizes,
    check_choice,
    check_image_space,
    check_minimum,
    for_resolution,
)
from search_spaces.registry import register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.search_space import Params
    from nas.space.trial import Trial
    from nas.task.task import Task

OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
BLOCKS = 4
CONCAT = tuple(range(2, 2 + BLOCKS))

_SIZES: dict[float, MacroSizes] = {
    8: {"channels": 8, "cells": 3},
    16: {"channels": 16, "cells": 8},
    96: {},
    math.inf: {"channels": 48, "cells": 14, "stem": "imagenet"},
}


@register
@dataclass(frozen=True, kw_only=True)
class Darts(SearchSpace):
    """A stack of normal cells with reduction cells at one and two thirds of the depth.

    Attributes:
        channels: Width of a block in the first cell; it doubles at each reduction.
        cells: Number of cells, including reductions; at least three, so that one is normal.
        stem: ``"cifar"`` keeps the resolution, ``"imagenet"`` divides it by eight.

    Example:
        >>> from nas.task.task import Task
        >>> space = Darts(task=Task(classes=10, channels=3, resolution=32), channels=16, cells=8)
        >>> f"{space.size():.2e}"
        '1.08e+18'
    """

    name: ClassVar[str] = "darts"
    description: ClassVar[str] = "DARTS: cells of four blocks, seven operations, two inputs each"
    source: ClassVar[str] = "Liu, Simonyan & Yang, DARTS, ICLR 2019"
    proxy_limits: ClassVar[Mapping[str, int | str]] = {"channels": 16, "cells": 4}
    # The fourth cell is the first normal one whose two inputs differ.

    channels: int = 36
    cells: int = 20
    stem: str = "cifar"

    def __post_init__(self) -> None:
        check_image_space(self)
        check_choice(self, "stem", _STEMS)
        check_minimum(self, "cells", 3)
        check_minimum(self, "channels", 2 if self.stem == "imagenet" else 1)

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        return self.network(_suggest(trial))

    def network(self, genotype: Genotype) -> Graph:
        """The network of any genotype, also of one with other operations or concatenations.

        Raises:
            EncodingError: An operation is unknown.
        """
        check_operations(genotype, CELL_OPS)
        b = GraphBuilder()
        x = b.input((1, self.task.channels, self.task.resolution, self.task.resolution))
        before, last = _STEMS[self.stem](b, x, self.channels)
        channels = self.channels
        for index in range(self.cells):
            reduces = index in (self.cells // 3, 2 * self.cells // 3)
            if reduces:
                channels *= 2
                blocks, concat = genotype.reduce, genotype.reduce_concat
            else:
                blocks, concat = genotype.normal, genotype.normal_concat
            with b.scope(f"cell{index}"):
                with b.scope("input0"):
                    state0 = project(b, before, channels, last)
                with b.scope("input1"):
                    state1 = relu_conv_bn(b, last, channels)
                out = add_cell(
                    b, (state0, state1), blocks, concat, channels, stride=2 if reduces else 1
                )
            before, last = last, out
        return b.build(b.classifier(last, self.task.classes))

    def encode(self, params: Params) -> str:
        """The genotype as JSON on one line."""
        return _suggest(ReplayTrial(params)).to_json()

    def decode(self, text: str) -> dict[str, Any]:
        genotype = Genotype.from_json(text)
        check_blocks(genotype, BLOCKS)
        check_operations(genotype, OPERATIONS)
        params: dict[str, Any] = {}
        for kind, blocks, concat in genotype.cells():
            if tuple(sorted(concat)) != CONCAT:
                raise EncodingError(f"{kind}_concat: expected {list(CONCAT)}, got {list(concat)}")
            for index, block in enumerate(blocks):
                left, right = sorted(block, key=lambda edge: edge.state)
                if left.state == right.state:
                    raise EncodingError(
                        f"{kind}[{index}]: expected two different states, got {left.state} twice"
                    )
                params[f"{kind}.{index}.inputs"] = f"{left.state},{right.state}"
                params[f"{kind}.{index}.left_op"] = left.op
                params[f"{kind}.{index}.right_op"] = right.op
        return params

    def known(self) -> dict[str, dict[str, Any]]:
        """The cells that DARTS and its successors found on CIFAR-10."""
        return {name: self.decode(cell.to_json()) for name, cell in DARTS_CELLS.items()}

    def size(self) -> int:
        pairs = math.prod(math.comb(2 + index, 2) for index in range(BLOCKS))
        return int((pairs * len(OPERATIONS) ** (2 * BLOCKS)) ** 2)


def _suggest(trial: Trial) -> Genotype:
    return Genotype(
        normal=tuple(_suggest_block(trial, "normal", index) for index in range(BLOCKS)),
        normal_concat=CONCAT,
        reduce=tuple(_suggest_block(trial, "reduce", index) for index in range(BLOCKS)),
        reduce_concat=CONCAT,
    )


def _suggest_block(trial: Trial, kind: str, index: int) -> Block:
    name = f"{kind}.{index}"
    pairs = tuple(f"{low},{high}" for low, high in combinations(range(index + 2), 2))
    low, high = trial.suggest_categorical(f"{name}.inputs", pairs).split(",")
    return (
        Edge(trial.suggest_categorical(f"{name}.left_op", OPERATIONS), int(low)),
        Edge(trial.suggest_categorical(f"{name}.right_op", OPERATIONS), int(high)),
    )


def _cifar_stem(b: GraphBuilder, x: Value, channels: int) -> tuple[Value, Value]:
    """(B, C, H, W) -> the same value twice, (B, 3 * channels, H, W)."""
    with b.scope("stem"):
        x = conv_bn(b, x, 3 * channels)
    return x, x


def _imagenet_stem(b: GraphBuilder, x: Value, channels: int) -> tuple[Value, Value]:
    """(B, C, H, W) -> (B, channels, H/4, W/4), (B, channels, H/8, W/8)."""
    with b.scope("stem0"):
        with b.scope("first"):
            x = conv_bn(b, x, channels // 2, stride=2)
        with b.scope("second"):
            x = relu_conv_bn(b, x, channels, 3, stride=2)
    with b.scope("stem1"):
        return x, relu_conv_bn(b, x, channels, 3, stride=2)


_STEMS = {"cifar": _cifar_stem, "imagenet": _imagenet_stem}
