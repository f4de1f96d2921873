from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from nas.errors import ConfigError, EncodingError
from nas.graph.check import check
from nas.graph.ops.conv import Conv2d
from nas.space.candidate import mutate, sample
from nas.task.task import Task
from search_spaces.registry import get
from search_spaces.stages.mnasnet import DEPTHS, MnasNet, from_numbers

if TYPE_CHECKING:
    from nas.graph.graph import Graph

PHOTOS = Task(classes=1000, channels=3, resolution=224)
CIFAR = Task(classes=10, channels=3, resolution=32)
DIGITS = Task(classes=10, channels=1, resolution=8)
NUMBERS = [1, 3, 1, 0, 4, 5, 2, 1, 6, 3, 3, 0, 1, 3, 1, 1, 6, 5, 2, 1, 4, 3, 3, 1, 1, 5, 1, 0]
NOTATION = "e1k3l1,e4k5l2se,e6k3l3,e1k3l1se,e6k5l2se,e4k3l3se,e1k5l1"


def ends(graph: Graph) -> list[tuple[int, ...]]:
    """Channels and resolution after the stem and after the first block of each stage."""
    names = ["stem.norm", *(f"stage{number}.block0.project.norm" for number in range(7))]
    return [graph.shapes[name][1:3] for name in names]


def test_a_row_of_the_table_is_an_architecture() -> None:
    space = MnasNet(task=PHOTOS)
    params = from_numbers(NUMBERS)
    assert space.encode(params) == NOTATION
    assert space.decode(NOTATION) == params
    assert space.replay(params)[0] == params
    assert [params[f"stage1.{name}"] for name in ("expansion", "kernel", "depth", "se")] == [
        4,
        5,
        2,
        True,
    ]


@pytest.mark.parametrize("se", [2, -1, 3])
def test_numbers_out_of_range_are_refused_when_they_are_built(se: int) -> None:
    with pytest.raises(EncodingError, match=rf"'stage0.se' is {se}; expected one of False, True"):
        MnasNet(task=PHOTOS).graph(from_numbers([1, 3, 1, se, *NUMBERS[4:]]))


@pytest.mark.parametrize("count", [0, 27, 29])
def test_there_are_28_numbers(count: int) -> None:
    with pytest.raises(EncodingError, match=rf"expected 28 numbers, 4 of each stage, got {count}"):
        from_numbers((NUMBERS * 2)[:count])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("e1k3l1", "expected 7 stages joined by commas, got 1"),
        (NOTATION.replace("e4k5l2se", "e4k5se"), "expected stage 1 as e6k5l2 or e6k5l2se"),
        (NOTATION.replace("e4k5l2se", "e4k5l2,se"), "got 8"),
        (NOTATION.replace("e6k3l3", "e6k3l4"), "'stage2.depth' is 4"),
        (NOTATION.replace("e6k3l3", "e3k3l3"), "'stage2.expansion' is 3"),
        (NOTATION.replace("e6k3l3", "e6k7l3"), "'stage2.kernel' is 7"),
    ],
)
def test_malformed_notations(text: str, message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        MnasNet(task=PHOTOS).graph(text)


def test_choices_are_those_of_the_network() -> None:
    graph = MnasNet(task=PHOTOS).graph(NOTATION)
    blocks = [name for name in graph.shapes if name.endswith("project.conv")]
    assert len(blocks) == sum(NUMBERS[2::4])
    depthwise = {
        node.name.split(".")[0]: (node.op.kernel[0], node.op.groups)
        for node in graph.nodes
        if isinstance(node.op, Conv2d) and node.name.endswith("block0.depthwise.conv")
    }
    entering = (32, 16, 24, 40, 80, 112, 192)
    expected = zip(NUMBERS[1::4], NUMBERS[::4], entering, strict=True)
    assert list(depthwise.values()) == [(kernel, e * width) for kernel, e, width in expected]
    expanded = {name.split(".")[0] for name in graph.shapes if ".expand.conv" in name}
    assert expanded == {"stage1", "stage2", "stage4", "stage5"}
    gates = {
        name: shape[1]
        for name, shape in graph.shapes.items()
        if name.endswith("block0.squeeze_excite.reduce")
    }
    assert list(gates.values()) == [16 // 4, 40 // 4, 80 // 4, 112 // 4]


def test_blocks_that_keep_the_shape_are_residual() -> None:
    names = MnasNet(task=PHOTOS).graph(NOTATION).shapes
    residual = {name.rpartition(".")[0] for name in names if name.endswith(".add")}
    depths = NUMBERS[2::4]
    expected = {f"stage{i}.block{j}" for i, depth in enumerate(depths) for j in range(1, depth)}
    assert residual == expected


def test_photos_have_the_widths_and_strides_of_efficientnet() -> None:
    assert ends(MnasNet(task=PHOTOS).graph(NOTATION)) == [
        (32, 112),
        (16, 112),
        (24, 56),
        (40, 28),
        (80, 14),
        (112, 14),
        (192, 7),
        (320, 7),
    ]


def test_small_images_keep_their_resolution_longer() -> None:
    cifar, digits = (ends(get("mnasnet", task).graph(NOTATION)) for task in (CIFAR, DIGITS))
    assert [size for _, size in cifar] == [32, 32, 32, 16, 8, 8, 4, 4]
    assert [size for _, size in digits] == [8, 8, 8, 8, 4, 4, 2, 2]
    assert [width for width, _ in cifar] == [16, 8, 16, 24, 40, 56, 96, 160]
    assert [width for width, _ in digits] == [8, 8, 8, 16, 24, 32, 48, 80]


@pytest.mark.parametrize("task", [PHOTOS, CIFAR, DIGITS], ids=["photos", "cifar", "digits"])
def test_every_choice_is_a_network(task: Task) -> None:
    space = get("mnasnet", task)
    rng = np.random.default_rng(0)
    for _ in range(10):
        drawn = sample(space, rng)
        check(drawn.graph)
        check(mutate(space, drawn.params, rng).graph)


def test_at_most_five_halvings() -> None:
    with pytest.raises(ConfigError, match="reductions must be at most 5, got 6"):
        get("mnasnet:reductions=6", CIFAR)


def test_size_counts_the_choices() -> None:
    """Accel-NASBench's definition: four blocks in the sixth stage, three in the others."""
    assert MnasNet(task=PHOTOS).size() == (3 * 2 * 3 * 2) ** 6 * (3 * 2 * 4 * 2)
    assert [depth for depth in DEPTHS if depth != 3] == [4]


def test_known_designs_say_where_they_are_scaled() -> None:
    names = ["EfficientNet-B0", *(f"{n}, nearest" for n in ("MnasNet-A1", "MnasNet-B1"))]
    names.append("MobileNetV2, nearest")
    assert list(MnasNet(task=PHOTOS).known()) == names
    assert list(get("mnasnet", CIFAR).known()) == [f"{name}, scaled" for name in names]
