from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nas.errors import ConfigError, EncodingError
from nas.graph.check import check
from nas.graph.ops.conv import Conv2d
from nas.space.candidate import mutate, sample
from nas.task.task import Task
from search_spaces.registry import get
from search_spaces.stages.regnet import RegNet, published

if TYPE_CHECKING:
    from nas.graph.graph import Graph

PHOTOS = Task(classes=1000, channels=3, resolution=224)
CIFAR = Task(classes=10, channels=3, resolution=32)
DIGITS = Task(classes=10, channels=1, resolution=8)
SPACE = get("regnet", CIFAR)
NETWORK = {"depth": 6, "w0": 16, "wa": 8.0, "wm": 2.0, "group": 8}


def changed(**choices: Any) -> Graph:
    return SPACE.graph({**NETWORK, **choices})


def outputs(graph: Graph) -> list[tuple[str, int]]:
    """Stage and channels of each block."""
    return [
        (name.partition(".")[0], shape[1])
        for name, shape in graph.shapes.items()
        if name.endswith(".third.norm")
    ]


def test_blocks_of_one_width_are_a_stage() -> None:
    """The line 16, 24, 32, 40, 48, 56 in powers 0, 1 (0.58), 1, 1, 2 (1.58), 2 of two."""
    expected = [("stage0", 16), *3 * [("stage1", 32)], *2 * [("stage2", 64)]]
    assert outputs(changed()) == expected


def test_powers_beyond_the_last_stage_become_the_last_one() -> None:
    steep = outputs(changed(wa=64.0))
    assert steep[0] == ("stage0", 16)
    assert steep[-1] == ("stage1", 64)  # 16, 80, ...: the power 1 is skipped, 3 and 4 are cut


def test_sizes_are_rounded_to_valid_ones() -> None:
    assert changed(w0=17) == changed(w0=16)
    assert changed(group=9) == changed(group=8)
    assert changed(group=3) == changed(group=4)
    assert changed(group=6) == changed(group=8)
    assert changed(group=2) != changed(group=4)


def test_group_widths() -> None:
    groups = {
        node.op.groups
        for node in changed(group=4).nodes
        if isinstance(node.op, Conv2d) and node.name.endswith("second.conv")
    }
    assert groups == {16 // 4, 32 // 4, 64 // 4}


@pytest.mark.parametrize("task", [PHOTOS, CIFAR, DIGITS], ids=["photos", "cifar", "digits"])
@pytest.mark.parametrize("se", [False, True])
def test_every_choice_is_a_network(task: Task, se: bool) -> None:
    space = get("regnet", task, se=se)
    rng = np.random.default_rng(0)
    for _ in range(20):
        drawn = sample(space, rng)
        check(drawn.graph)
        check(mutate(space, drawn.params, rng).graph)
        assert any(".squeeze_excite." in node.name for node in drawn.graph.nodes) == se


def test_small_images_keep_their_resolution_longer() -> None:
    assert changed().shapes["stem.relu"] == (1, 16, 32, 32)
    assert changed().shapes["stage2.block1.relu"][2:] == (8, 8)
    photo = RegNet(task=PHOTOS).graph("RegNetX-200MF")
    assert photo.shapes["stem.relu"] == (1, 32, 112, 112)
    assert photo.shapes["stage3.block6.relu"][2:] == (7, 7)


def test_a_published_name_is_an_architecture() -> None:
    space = RegNet(task=PHOTOS)
    assert space.graph("RegNetX-400MF") == space.graph(published("RegNetX-400MF"))
    with pytest.raises(EncodingError, match="RegNetY-400MF' is not a network of RegNetX"):
        space.graph("RegNetY-400MF")
    with pytest.raises(EncodingError, match="no published network 'RegNetX-401MF'"):
        space.graph("RegNetX-401MF")


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"reductions": 5}, "3 stages and the stem can halve the resolution 4 times"),
        ({"min_depth": 20}, "max_depth must be at least 20, got 16"),
        ({"max_width": 4}, "max_width must be at least 8"),
        ({"se": 1}, "se must be of type bool"),
    ],
)
def test_sizes_that_make_no_space(sizes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SPACE.at(**sizes)


def test_sizes_in_a_name() -> None:
    space = get("regnet:se=true,max_width=256", PHOTOS)
    assert isinstance(space, RegNet)
    assert (space.se, space.max_width, space.max_depth) == (True, 256, 28)


@pytest.mark.parametrize(("se", "letter"), [(False, "X"), (True, "Y")])
def test_all_published_networks_are_known_at_the_published_sizes(se: bool, letter: str) -> None:
    known = RegNet(task=PHOTOS, se=se).known()
    assert len(known) == 12
    assert known[f"RegNet{letter}-400MF"] == published(f"RegNet{letter}-400MF")
    assert all(name.startswith(f"RegNet{letter}") for name in known)


def test_where_none_fits_the_smallest_is_scaled_down() -> None:
    (cifar,) = get("regnet", CIFAR).known().items()
    assert cifar == ("RegNetX-200MF, scaled", published("RegNetX-200MF"))
    (name, params), *_ = get("regnet", DIGITS).known().items()
    assert name == "RegNetX-200MF, scaled"
    scale = 32 / 36.44
    assert params == {"depth": 12, "w0": 21, "wa": 36.44 * scale, "wm": 2.49, "group": 7}
    assert len({stage for stage, _ in outputs(get("regnet", DIGITS).graph(params))}) == 3


def test_a_smaller_space_knows_fewer() -> None:
    assert list(RegNet(task=PHOTOS, max_depth=15).known()) == ["RegNetX-200MF"]
    for sizes in (
        {"min_depth": 20},
        {"max_width": 900},
        {"max_width": 16},
        {"stages": 2, "reductions": 3},
    ):
        space = RegNet(task=PHOTOS).at(**sizes)
        assert space.known()
        assert all(space.replay(params)[0] == params for params in space.known().values())
