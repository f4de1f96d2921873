from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nas.errors import ConfigError, EncodingError
from nas.graph.blocks import conv_bn
from nas.graph.builder import GraphBuilder
from nas.graph.check import check
from nas.graph.ops.conv import Conv2d
from nas.space.candidate import sample
from nas.task.task import Task
from search_spaces.registry import get
from search_spaces.stages.anynet import VARIANTS, AnyNet
from search_spaces.stages.block import bottleneck

if TYPE_CHECKING:
    from nas.graph.graph import Graph

CIFAR = Task(classes=10, channels=3, resolution=32)
PHOTOS = Task(classes=1000, channels=3, resolution=224)
SHARED = {"depth0": 2, "depth1": 1, "depth2": 3, "width0": 32, "width1": 16, "width2": 64}


def design(variant: str, **choices: Any) -> list[tuple[int, int, int, int]]:
    """Depth, width, group width and bottleneck ratio of each stage."""
    graph = get("anynet", CIFAR, variant=variant).graph({**SHARED, **choices})
    convs = [
        (node.name.split(".")[0], graph.shapes[node.name.replace("second", "third")], node.op)
        for node in graph.nodes
        if isinstance(node.op, Conv2d) and node.name.endswith("second.conv")
    ]
    stages = dict.fromkeys(stage for stage, _, _ in convs)
    rows = []
    for stage in stages:
        blocks = [(shape[1], op) for name, shape, op in convs if name == stage]
        width, op = blocks[-1]
        inner = op.out_channels
        rows.append((len(blocks), width, inner // op.groups, width // inner))
    return rows


def test_free_in_a() -> None:
    free = {"ratio0": 1, "ratio1": 4, "ratio2": 2, "group0": 8, "group1": 1, "group2": 32}
    assert design("A", **free) == [(2, 32, 8, 1), (1, 16, 1, 4), (3, 64, 32, 2)]


@pytest.mark.parametrize(
    ("variant", "widths", "depths"),
    [
        ("C", [32, 16, 64], [2, 1, 3]),
        ("D", [16, 32, 64], [2, 1, 3]),
        ("E", [16, 32, 64], [1, 2, 3]),
    ],
)
def test_what_rises(variant: str, widths: list[int], depths: list[int]) -> None:
    rows = design(variant, ratio=2, group=4)
    assert [row[:2] for row in rows] == list(zip(depths, widths, strict=True))
    assert [row[2:] for row in rows] == [(4, 2)] * 3


def test_groups_are_free_in_b_while_the_ratio_is_one() -> None:
    rows = design("B", ratio=2, group0=8, group1=2, group2=1)
    assert [row[2:] for row in rows] == [(8, 2), (2, 2), (1, 2)]


def test_a_shared_choice_has_one_name() -> None:
    with pytest.raises(EncodingError, match="no parameter 'ratio0'"):
        design("C", ratio=2, group=4, ratio0=2)


@pytest.mark.parametrize(
    ("variant", "published"), [("A", "1.8e+18"), ("B", "6.8e+16"), ("C", "3.2e+14")]
)
def test_sizes_of_the_paper(variant: str, published: str) -> None:
    assert f"{AnyNet(task=PHOTOS, variant=variant).size():.1e}" == published


@pytest.mark.parametrize(("variant", "published"), [("D", 1.3e13), ("E", 5.5e11)])
def test_the_paper_divides_by_the_orders_of_four_stages(variant: str, published: float) -> None:
    """It counts sequences of different values; equal ones in a row are here too."""
    size = AnyNet(task=PHOTOS, variant=variant).size()
    orders = {"D": 24, "E": 24**2}[variant]
    assert (16 * 128) ** 4 * 18 / orders == pytest.approx(published, rel=0.02)
    assert size > published


def test_size_counts_the_designs() -> None:
    space = get("anynet", CIFAR, variant="E", max_depth=2, max_width=16, stages=2, reductions=1)
    depths, widths = range(1, 3), (8, 16)
    drawn = {
        (tuple(sorted(d)), tuple(sorted(w)), ratio, group)
        for d, w, ratio, group in product(
            product(depths, depths), product(widths, widths), (1, 2, 4), (1, 2, 4, 8, 16, 32)
        )
    }
    assert space.size() == len(drawn)


@pytest.mark.parametrize("se", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_choice_is_a_network(variant: str, se: bool) -> None:
    space = get("anynet", CIFAR, variant=variant, se=se)
    rng = np.random.default_rng(0)
    for _ in range(10):
        check(sample(space, rng).graph)


def test_unknown_variant() -> None:
    with pytest.raises(ConfigError, match=r"variant must be one of 'A', .*, got 'F'"):
        get("anynet", CIFAR, variant="F")


def dense_bottlenecks(depth: int, widths: list[int]) -> Graph:
    """Bottlenecks of He et al. behind a stem of 16 channels."""
    b = GraphBuilder()
    x = b.relu(conv_bn(b, b.input((1, 3, 32, 32)), 16))
    for number, width in enumerate(widths):
        for index in range(depth):
            x = bottleneck(b, x, width, 3, 2 if number and not index else 1)
    return b.build(b.classifier(x, 10))


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_known_network_is_a_resnet_of_bottlenecks(variant: str) -> None:
    space = get("anynet", CIFAR, variant=variant)
    ((name, params),) = space.known().items()
    assert name == "ResNet-29"
    assert space.graph(params).hash() == dense_bottlenecks(3, [32, 64, 128]).hash()


def test_where_groups_are_too_small_it_is_a_resnext() -> None:
    space = get("anynet", PHOTOS)
    ((name, params),) = space.known().items()
    assert name == "ResNeXt-38"
    grouped = [node.op for node in space.graph(params).nodes if isinstance(node.op, Conv2d)]
    assert max(op.groups for op in grouped) == 1024 // 4 // 32
