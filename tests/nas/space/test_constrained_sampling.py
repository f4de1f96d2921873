from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from torch import nn

from nas.analysis.cost import cost
from nas.errors import InfeasibleError
from nas.space.constrained_sampling import (
    sample_distinct,
    sample_feasible,
    sample_preferring,
)
from nas.space.own_space import own_space
from nas.task.task import Task
from search_spaces.registry import get

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.trial import Trial

TASK = Task(classes=10, channels=1, resolution=8)
SPACE = get("anynet", TASK)


def within(network: Graph) -> bool:
    return 2e5 <= cost(network).macs <= 3e5


def test_all_are_in_the_window_and_distinct() -> None:
    drawn = sample_feasible(SPACE, 20, np.random.default_rng(0), within)
    assert len({candidate.hash for candidate in drawn}) == 20
    assert all(within(candidate.network) for candidate in drawn)


def test_more_of_them_begin_with_the_same() -> None:
    few, many = (sample_feasible(SPACE, n, np.random.default_rng(0), within) for n in (3, 6))
    assert [one.params for one in few] == [one.params for one in many[:3]]


def test_a_window_that_hardly_anything_is_in() -> None:
    with pytest.raises(
        InfeasibleError, match="1,000 random architectures of space 'anynet' only 0"
    ):
        sample_feasible(
            SPACE, 1, np.random.default_rng(0), lambda network: cost(network).macs < 10
        )


def test_distinct_ones_are_not_isomorphic_and_a_small_space_has_fewer() -> None:
    tiny = get("nb201:channels=4,cells=1", TASK)
    drawn = sample_distinct(tiny, 300, np.random.default_rng(0))
    assert len({candidate.hash for candidate in drawn}) == len(drawn) == 300

    def build(trial: Trial, task: Task) -> nn.Module:
        width = trial.suggest_categorical("width", [8, 16])
        trial.suggest_categorical("label", ["a", "b"])
        return nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.Linear(width, 10))

    assert len(sample_distinct(own_space(build, TASK), 10, np.random.default_rng(0))) == 2


def test_distinct_ones_skip_what_cannot_be_built_unless_most_fails() -> None:
    def build(trial: Trial, task: Task) -> nn.Module:
        width = trial.suggest_int("width", 1, 60)
        if width <= limit:
            raise ValueError("too narrow")
        return nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.Linear(width, 10))

    limit = 15
    drawn = sample_distinct(own_space(build, TASK), 30, np.random.default_rng(0))
    assert len(drawn) == 30
    assert min(candidate.params["width"] for candidate in drawn) > limit
    limit = 59
    for count in (30, 1):
        with pytest.raises(ValueError, match="too narrow"):
            sample_distinct(own_space(build, TASK), count, np.random.default_rng(0))


def test_where_enough_fit_all_do() -> None:
    drawn = sample_preferring(SPACE, 20, np.random.default_rng(0), within)
    assert len(drawn) == 20
    assert all(within(candidate.network) for candidate in drawn)


def test_where_few_fit_others_follow() -> None:
    seen = []

    def is_third(network: Graph) -> bool:
        seen.append(cost(network))
        return len(seen) == 3

    drawn = sample_preferring(SPACE, 4, np.random.default_rng(0), is_third)
    known = [cost(candidate.network) for candidate in drawn]
    assert known == [seen[2], seen[0], seen[1], seen[3]]


def test_drawing_ends_where_building_does_not() -> None:
    built = 0

    def build(trial: Trial, data: Task) -> nn.Module:
        nonlocal built
        built += 1
        while built == 3:
            pass
        width = trial.suggest_int("width", 1, 36)
        inputs = data.channels * data.resolution**2
        return nn.Sequential(nn.Flatten(), nn.Linear(inputs, width), nn.Linear(width, 10))

    space = own_space(build, TASK, build_seconds=0.3)
    assert len(sample_preferring(space, 20, np.random.default_rng(0), lambda known: True)) == 2
