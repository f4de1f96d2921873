"""RegNets against the stages, parameters, multiply-adds and activations that pycls prints."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nas.analysis.complexity import Complexity, complexity
from nas.graph.ops.conv import Conv2d
from nas.task.task import Task
from search_spaces.reference import reference
from search_spaces.stages.published import PUBLISHED
from search_spaces.stages.regnet import RegNet, published

if TYPE_CHECKING:
    from nas.graph.graph import Graph

GOLDEN = json.loads(Path(__file__).with_name("regnet.json").read_text())
MODELS = GOLDEN["models"]
PHOTOS = Task(classes=1000, channels=3, resolution=224)


def network(name: str) -> Graph:
    return RegNet(task=PHOTOS, se=MODELS[name]["generation"]["se_on"]).graph(name)


@pytest.mark.parametrize("name", MODELS)
def test_the_published_choices(name: str) -> None:
    choices = MODELS[name]["generation"]
    assert list(published(name).values()) == [choices[key] for key in ("d", "w0", "wa", "wm", "g")]


@pytest.mark.parametrize("name", MODELS)
def test_cost(name: str) -> None:
    row = MODELS[name]
    assert complexity(network(name)) == Complexity(
        params=row["params"], flops=row["flops_multiply_adds"], activations=row["acts"]
    )


@pytest.mark.parametrize("name", MODELS)
def test_stages(name: str) -> None:
    """Widths, depths and group widths, read from the 3x3 convolutions of the blocks."""
    convs = [
        (node.name.partition(".")[0], node.op)
        for node in network(name).nodes
        if isinstance(node.op, Conv2d) and node.op.kernel == (3, 3)
    ]
    (_, stem), *blocks = convs
    stages = [[op for _, op in run] for _, run in groupby(blocks, key=lambda block: block[0])]
    assert stem.out_channels == MODELS[name]["generation"]["stem_w"]
    assert [len(run) for run in stages] == MODELS[name]["stage_depths"]
    for run, width, group in zip(
        stages, MODELS[name]["stage_widths"], MODELS[name]["stage_group_widths"], strict=True
    ):
        assert {(op.out_channels, op.out_channels // op.groups) for op in run} == {(width, group)}


def test_all_are_there() -> None:
    assert PUBLISHED.keys() == MODELS.keys()
    assert len(PUBLISHED) == 24


def test_the_same_count_of_a_network_with_a_pool() -> None:
    row = GOLDEN["other_configs_complexity"][
        "configs/archive/imagenet/anynet/R-50-1x64d_step_1gpu.yaml"
    ]
    assert complexity(reference("resnet50", PHOTOS)) == Complexity(
        params=row["params"], flops=row["flops"], activations=row["acts"]
    )
