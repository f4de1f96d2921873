"""The NASNet space: cells of five blocks over thirteen operations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nas.errors import EncodingError
from nas.graph.blocks import relu_conv_bn
from nas.graph.builder import GraphBuilder
from nas.space.search_space import SearchSpace
from nas.space.trial import ReplayTrial
from search_spaces.cells.cell import add_cell, project
from search_spaces.cells.cell_op import CELL_OPS
from search_spaces.cells.genotype import (
    Block,
    Edge,
    Genotype,
    check_blocks,
    check_operations,
    unused_states,
)
from search_spaces.cells.published import NASNET_CELLS
from search_spaces.macro import (
    MacroSizes,
    check_choice,
    check_image_space,
    check_minimum,
    for_resolution,
)
from search_spaces.registry import register

if TYPE_CHECKING:
    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.space.search_space import Params
    from nas.space.trial import Trial
    from nas.task.task import Task

OPERATIONS = (
    "identity",
    "conv_1x3_3x1",
    "conv_1x7_7x1",
    "dil_conv_3x3",
    "avg_pool_3x3",
    "max_pool_3x3",
    "max_pool_5x5",
    "max_pool_7x7",
    "conv_1x1",
    "conv_3x3",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
)
BLOCKS = 5
STEMS = ("cifar", "imagenet")

_SIZES: dict[float, MacroSizes] = {
    8: {"channels": 8, "cells": 1, "reductions": 1},
    16: {"channels": 16, "cells": 2},
    96: {},
    math.inf: {"channels": 44, "cells": 4, "stem": "imagenet", "stem_multiplier": 1},
}


@register
@dataclass(frozen=True, kw_only=True)
class NasNet(SearchSpace):
    """Stacks of normal cells with a reduction cell between two of them.

    A block adds two operations, each on any earlier state; the output of a cell concatenates the
    states that no block reads.

    Attributes:
        channels: Width of a block in the first stack (F); it doubles at each reduction.
        cells: Normal cells in each stack (N).
        reductions: Reduction cells between stacks; the number of stacks is one more.
        stem: ``"cifar"`` keeps the resolution; ``"imagenet"`` divides it by eight with a
            convolution and two reduction cells of widths F/4 and F/2.
        stem_multiplier: Filters of the first convolution: a multiple of F (cifar) or of 32
            (imagenet).

    Example:
        >>> from nas.task.task import Task
        >>> space = NasNet(task=Task(classes=10, channels=3, resolution=32))
        >>> f"{space.size():.2e}"
        '5.11e+33'
    """

    name: ClassVar[str] = "nasnet"
    description: ClassVar[str] = "NASNet: cells of five blocks, thirteen operations"
    source: ClassVar[str] = "Zoph, Vasudevan, Shlens & Le, CVPR 2018"

    channels: int = 32
    cells: int = 6
    reductions: int = 2
    stem: str = "cifar"
    stem_multiplier: int = 3

    def __post_init__(self) -> None:
        check_image_space(self)
        check_choice(self, "stem", STEMS)
        check_minimum(self, "channels", 8 if self.stem == "imagenet" else 1)

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
        stack = _Stack(genotype, self.task)
        if self.stem == "imagenet":
            stack.stem(32 * self.stem_multiplier, stride=2, padding=0)
            for index, divisor in enumerate((4, 2)):
                stack.cell(f"stem{index}", self.channels // divisor, reduces=True)
        else:
            stack.stem(self.channels * self.stem_multiplier, stride=1, padding=1)
        for index in range(self.reductions + 1):
            channels = self.channels * 2**index
            if index:
                stack.cell(f"reduction{index - 1}", channels, reduces=True)
            for position in range(self.cells):
                stack.cell(f"cell{index * self.cells + position}", channels, reduces=False)
        return stack.classify(self.task.classes)

    def encode(self, params: Params) -> str:
        """The genotype as JSON on one line."""
        return _suggest(ReplayTrial(params)).to_json()

    def decode(self, text: str) -> dict[str, Any]:
        genotype = Genotype.from_json(text)
        check_blocks(genotype, BLOCKS)
        check_operations(genotype, OPERATIONS)
        params: dict[str, Any] = {}
        for kind, blocks, concat in genotype.cells():
            unused = unused_states(blocks)
            if tuple(sorted(concat)) != unused:
                raise EncodingError(
                    f"{kind}_concat: expected the states that no block reads, {list(unused)}, "
                    f"got {list(concat)}",
                    hint="Write those, or build other concatenations with NasNet.network.",
                )
            for index, (left, right) in enumerate(blocks):
                params[f"{kind}.{index}.left_input"] = left.state
                params[f"{kind}.{index}.right_input"] = right.state
                params[f"{kind}.{index}.left_op"] = left.op
                params[f"{kind}.{index}.right_op"] = right.op
        return params

    def known(self) -> dict[str, dict[str, Any]]:
        """AmoebaNet-A, and NASNet-A with the rule of the space for concatenations."""
        return {name: self.decode(cell.to_json()) for name, cell in NASNET_CELLS.items()}

    def size(self) -> int:
        choices = math.prod((2 + index) * len(OPERATIONS) for index in range(BLOCKS))
        return int(choices**4)


class _Stack:
    """A network under construction: its builder and the outputs of the last two cells."""

    def __init__(self, genotype: Genotype, task: Task) -> None:
        self._genotype = genotype
        self._b = GraphBuilder()
        self._last = self._b.input((1, task.channels, task.resolution, task.resolution))
        self._before: Value | None = None

    def stem(self, channels: int, *, stride: int, padding: int) -> None:
        """Convolution and batch norm."""
        b = self._b
        with b.scope("stem"):
            x = b.conv2d(self._last, channels, 3, stride=stride, padding=padding, name="conv")
            self._last = b.batch_norm(x, name="norm")

    def cell(self, scope: str, channels: int, *, reduces: bool) -> None:
        """A normal or reduction cell of the given block width."""
        genotype, b = self._genotype, self._b
        with b.scope(scope):
            with b.scope("input0"):
                state0 = self._previous(channels)
            with b.scope("input1"):
                state1 = relu_conv_bn(b, self._last, channels)
            out = add_cell(
                b,
                (state0, state1),
                genotype.reduce if reduces else genotype.normal,
                genotype.reduce_concat if reduces else genotype.normal_concat,
                channels,
                stride=2 if reduces else 1,
            )
        self._before, self._last = self._last, out

    def classify(self, classes: int) -> Graph:
        """The end of the network: ReLU, global average pooling and a linear head."""
        return self._b.build(self._b.classifier(self._b.relu(self._last), classes))

    def _previous(self, channels: int) -> Value:
        """State 0; the first cell has no previous layer and reads the stem unchanged."""
        if self._before is None:
            return self._last
        if self._before.shape == (1, channels, *self._last.shape[2:]):
            return self._before
        return project(self._b, self._before, channels, self._last)


def _suggest(trial: Trial) -> Genotype:
    normal = tuple(_suggest_block(trial, "normal", index) for index in range(BLOCKS))
    reduce = tuple(_suggest_block(trial, "reduce", index) for index in range(BLOCKS))
    return Genotype(
        normal=normal,
        normal_concat=unused_states(normal),
        reduce=reduce,
        reduce_concat=unused_states(reduce),
    )


def _suggest_block(trial: Trial, kind: str, index: int) -> Block:
    name = f"{kind}.{index}"
    states = tuple(range(index + 2))
    left = trial.suggest_categorical(f"{name}.left_input", states)
    right = trial.suggest_categorical(f"{name}.right_input", states)
    return (
        Edge(trial.suggest_categorical(f"{name}.left_op", OPERATIONS), left),
        Edge(trial.suggest_categorical(f"{name}.right_op", OPERATIONS), right),
    )
