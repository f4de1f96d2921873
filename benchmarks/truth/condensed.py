"""The 96 designs to which the authors of GraphGym condense their space, as they trained them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from nas.analysis.cost import cost
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.nodes.graphgym import CONDENSED, GraphGym

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.trial import Trial

CHOICES: dict[str, tuple[int | str, ...]] = {
    "layers_pre_mp": (1, 2),
    "layers_mp": (2, 4, 6, 8),
    "layers_post_mp": (2, 3),
    "stage_type": ("skipconcat", "skipsum"),
    "agg": ("add", "max", "mean"),
}
"""What differs between the designs; all else is that of :data:`CONDENSED`."""

_ONE = GraphGym(task=Task(kind=NODE_CLASSIFICATION, features=1, classes=1))
_BASELINE: dict[str, int | str] = {"layers_mp": 2, "layers_post_mp": 1, "stage_type": "stack"}


def build(trial: Trial, task: Task) -> Graph:
    """A condensed design of GraphGym, as wide as the authors' budget of parameters makes it."""
    chosen = {name: trial.suggest_categorical(name, values) for name, values in CHOICES.items()}
    shape = tuple(int(chosen[name]) for name in ("layers_pre_mp", "layers_mp", "layers_post_mp"))
    space = GraphGym(task=task, channels=width(*shape, stage_type=str(chosen["stage_type"])))
    return space.graph({**CONDENSED, **chosen})


@cache
def width(layers_pre_mp: int, layers_mp: int, layers_post_mp: int, stage_type: str) -> int:
    """The least width with as many parameters as a network of two messages and 256 channels.

    For one feature and one class, so that it is the same on all data sets:
    ``graphgym/utils/comp_budget.py`` of the authors' program.
    """
    chosen: dict[str, int | str] = {
        "layers_pre_mp": layers_pre_mp,
        "layers_mp": layers_mp,
        "layers_post_mp": layers_post_mp,
        "stage_type": stage_type,
    }
    widths = range(1, _ONE.channels + 1)
    budget = _params(_BASELINE, _ONE.channels)
    return widths[bisect_left(widths, budget, key=lambda one: _params(chosen, one))]


def _params(chosen: dict[str, int | str], channels: int) -> int:
    space = replace(_ONE, channels=channels)
    return cost(space.graph({**CONDENSED, **chosen})).params
