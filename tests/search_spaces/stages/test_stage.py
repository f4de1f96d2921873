from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from nas.task.task import Task
from search_spaces.stages.stage import (
    Stage,
    quantised_widths,
    stage_network,
    strides_for,
    to_quantum,
)

if TYPE_CHECKING:
    from nas.graph.graph import Graph

TASK = Task(classes=10, channels=3, resolution=32)


def network(*stages: Stage, se: bool = False, reductions: int = 2) -> Graph:
    strides = strides_for(len(stages), reductions)
    return stage_network(TASK, stages, stem=16, strides=strides, se=se)


@pytest.mark.parametrize(
    ("width", "group", "ratio", "expected"),
    [
        (80, 24, 1, (72, 24)),  # 80/24 = 3.33
        (60, 24, 1, (48, 24)),  # 2.5 is rounded to the even 2
        (84, 24, 1, (96, 24)),  # and 3.5 to 4
        (32, 120, 1, (32, 32)),
        (64, 16, 4, (64, 16)),
        (72, 16, 4, (64, 16)),  # a bottleneck of 18 becomes 16
        (8, 32, 4, (8, 2)),
    ],
)
def test_groups_divide_the_bottleneck(
    width: int, group: int, ratio: int, expected: tuple[int, int]
) -> None:
    stage = Stage(depth=1, width=width, group=group, ratio=ratio).compatible()
    assert (stage.width, stage.group) == expected
    assert stage.width // ratio % stage.group == 0
    assert stage.compatible() == stage


@pytest.mark.parametrize(("width", "nearest"), [(11.9, 8), (12, 16), (20, 16), (28, 32), (29, 32)])
def test_widths_are_rounded_half_to_even(width: float, nearest: int) -> None:
    assert to_quantum(width) == nearest


def test_quantised_widths_are_those_of_numpy() -> None:
    """The lines of pycls, written with numpy, where no power is beyond the last one."""
    draw = np.random.default_rng(0)
    for _ in range(200):
        depth, w0 = int(draw.integers(12, 29)), 8 * int(draw.integers(1, 33))
        wa, wm = draw.uniform(8, 256), draw.uniform(2, 3)
        line = np.arange(depth) * wa + w0
        powers = np.round(np.log(line / w0) / np.log(wm))
        widths = (np.round(w0 * np.power(wm, powers) / 8) * 8).astype(int)
        most = int(powers.max()) + 1
        assert quantised_widths(depth, w0, wa, wm, most) == widths.tolist()
        assert quantised_widths(depth, w0, wa, wm, 2) == [
            widths[0] if power == 0 else to_quantum(w0 * wm) for power in powers
        ]


@pytest.mark.parametrize(
    ("reductions", "sizes"), [(1, [32, 32, 32, 16]), (3, [32, 16, 8, 4]), (4, [16, 8, 4, 2])]
)
def test_the_last_stages_reduce(reductions: int, sizes: list[int]) -> None:
    stage = Stage(depth=2, width=16, group=8)
    shapes = network(stage, stage, stage, reductions=reductions).shapes
    ends = ["stem.relu", *(f"stage{i}.block1.relu" for i in range(3))]
    assert [shapes[end][2] for end in ends] == sizes


def test_a_shortcut_is_the_value_itself_where_nothing_changes() -> None:
    stages = Stage(depth=2, width=16, group=8), Stage(depth=1, width=16, group=8)
    graph = network(*stages)
    owners = {name.rpartition(".")[0] for name in graph.parameters()}
    shortcuts = sorted(name for name in owners if "shortcut.conv" in name)
    assert shortcuts == ["stage0.block0.shortcut.conv", "stage1.block0.shortcut.conv"]


def test_gates_have_a_quarter_of_the_channels_that_enter() -> None:
    shapes = network(Stage(depth=2, width=64, group=8), se=True).shapes
    assert shapes["stage0.block0.squeeze_excite.reduce"] == (1, 4, 1, 1)
    assert shapes["stage0.block1.squeeze_excite.reduce"] == (1, 16, 1, 1)
