"""DeepNets-1M: networks of varied cells, stem, norm, depth, width and head."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nas.analysis.cost import cost
from nas.seeding import rng
from nas.space.candidate import Candidate
from nas.space.search_space import SearchSpace
from nas.space.trial import ReplayTrial
from nas.task.task import Task
from search_spaces.deepnets.cell import repair, suggest_genotype
from search_spaces.deepnets.network import plan_network
from search_spaces.deepnets.plan import suggest_plan, suggest_size
from search_spaces.deepnets.split import SPLITS
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

    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from search_spaces.deepnets.plan import Plan
    from search_spaces.deepnets.split import Split

_SIZES: dict[float, MacroSizes] = {
    8: {"channels": 8, "max_cells": 8},
    16: {"channels": 16},
    math.inf: {},
}
_CELLS = 6
"""Cells of the known residual network, of which the third and the fifth reduce."""
_RESIDUAL_BLOCK = {
    "0.inputs": "0,1",
    "0.left_op": "none",
    "0.right_op": "conv_3x3",
    "1.inputs": "1,2",
    "1.left_op": "skip_connect",
    "1.right_op": "conv_3x3",
}
"""Two convolutions beside a shortcut, as a cell of two blocks."""
_RESNET: dict[str, Any] = {
    "steps": 2,
    "reduction": "any",
    "concat": "some",
    "concat.2": False,
    **{f"{kind}.{n}": v for kind in ("normal", "reduce") for n, v in _RESIDUAL_BLOCK.items()},
    "stem": "plain",
    "stem_kernel": 3,
    "stem_pool": False,
    "head": 10,
    "multiplier": 2,
    "project": 5,
    "norm": "batch",
    "fc_layers": 1,
}
_CIFAR = Task(classes=10, channels=3, resolution=32)


@register
@dataclass(frozen=True, kw_only=True)
class DeepNets(SearchSpace):
    """Networks that vary in every part, for training and testing hypernetworks.

    A normal and a reduction cell of one to ten blocks over fifteen operations, the reductions at
    one and two thirds of the depth. A study suggests each choice independently, so cells that the
    published generator rejects are drawn too, and repaired; :func:`network` draws as published.

    Attributes:
        channels: Width of a network; in some splits up to four times as much.
        max_cells: Largest number of cells; the depths of a split are scaled down to it.
        split: Part of the benchmark, one of :data:`search_spaces.deepnets.split.SPLITS`. All but
            ``train``, ``val`` and ``test`` are out of distribution: in width, in depth, in the
            blocks of a cell, or without norms.

    Example:
        >>> space = DeepNets(task=Task(classes=10, channels=3, resolution=32))
        >>> space.at(split="deep").macro()
        {'channels': 32, 'max_cells': 36, 'split': 'deep'}
    """

    name: ClassVar[str] = "deepnets"
    description: ClassVar[str] = "DeepNets-1M: cells of any size in networks of any shape"
    source: ClassVar[str] = "Knyazev, Drozdzal, Taylor & Romero-Soriano, NeurIPS 2021"
    proxy_limits: ClassVar[Mapping[str, int | str]] = {"channels": 16}
    # Fewer cells would be twice as fast, but would make networks of different depths equal.
    general: ClassVar[bool] = True

    channels: int = 32
    max_cells: int = 36
    split: str = "train"

    def __post_init__(self) -> None:
        check_image_space(self)
        check_choice(self, "split", SPLITS)
        check_minimum(self, "channels", 4)

    @classmethod
    def macro_for(cls, task: Task) -> dict[str, Any]:
        return dict(for_resolution(_SIZES, task.resolution))

    def build(self, trial: Trial) -> Graph:
        return self.network(suggest_plan(trial, SPLITS[self.split]))

    def known(self) -> dict[str, dict[str, Any]]:
        """A residual network before its activations (He et al. 2016), a block in each cell.

        A 1x1 convolution precedes each block, as in all cells of more than one block.
        """
        split = SPLITS[self.split]
        cells = max(_CELLS, split.cells[0])
        trial = ReplayTrial({**_RESNET, "cells": cells, "width": split.widths[0]})
        self.build(trial)
        return {f"pre-activation ResNet-{3 * self._cells(cells) + 2}": trial.params}

    def network(self, plan: Plan) -> Graph:
        """The network of any plan."""
        return plan_network(plan, self.task, self.channels, self._cells(plan.cells))

    def _cells(self, planned: int) -> int:
        """The range of the split, scaled down where it exceeds the maximum."""
        low, high = SPLITS[self.split].cells
        if self.max_cells >= high:
            return planned
        fewest = min(low, self.max_cells)
        return fewest + (planned - low) * (self.max_cells - fewest) // (high - low)


def network(split: str, index: int, task: Task, channels: int = 32, *, seed: int = 0) -> Candidate:
    """A network of the published distribution, determined by its index.

    Draws are rejected where the cells would need a repair, and where the network has more
    parameters than the split allows, counted at a width of 32 on CIFAR.

    Args:
        split: Part of the benchmark.
        index: Index of the network in it.
        task: Images and classes.
        channels: Width, 32 in the benchmark.
        seed: Seed; another one gives other networks.

    Raises:
        ConfigError: There is no such split.

    Example:
        >>> cifar = Task(classes=10, channels=3, resolution=32)
        >>> network("test", 7, cifar).hash == network("test", 7, cifar).hash
        True
    """
    space = DeepNets(task=task, split=split, channels=channels)
    draw = rng(seed, "deepnets", split, index)
    while True:
        trial = ReplayTrial({}, draw)
        if _is_kept(trial, SPLITS[split]):
            return Candidate(space, trial.params, space.build(trial))


def _is_kept(trial: Trial, split: Split) -> bool:
    """Whether the generator keeps the draw."""
    _, steps = suggest_size(trial, split)
    drawn = suggest_genotype(trial, steps)
    if drawn != repair(drawn):
        return False
    plan = suggest_plan(trial, split)
    plan = replace(plan, width=2, hidden=min(plan.hidden, 4))
    return cost(plan_network(plan, _CIFAR, 32, plan.cells)).params <= split.max_params
