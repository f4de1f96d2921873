from __future__ import annotations

import numpy as np
import pytest
from torch import nn

from nas.analysis.cost import cost
from nas.graph.ops.conv import Conv2d
from nas.graph.ops.pool import AdaptiveMaxPool2d
from nas.importers.from_module import from_module
from nas.space.candidate import mutate, sample
from nas.task.task import Task
from search_spaces.stages.resnet import MAPS, ResNet

CLUTTERED = Task(classes=10, channels=1, resolution=24)
CIFAR = Task(classes=10, channels=3, resolution=32)
PHOTOS = Task(classes=1000, channels=3, resolution=224)
DESIGN = {
    "stem.width": 1.5,
    "stem.kernel": 5,
    "stem.stride": 2,
    "pooling": "max",
    "stages": 1,
    "stage0.depth": 2,
    "stage0.width": 1,
    "stage0.kernel": 3,
    "stage0.block": "plain",
    "stage0.reduce": True,
}


def resnet(task: Task) -> ResNet:
    """The space at the sizes that suit a task."""
    return ResNet(task=task, **ResNet.macro_for(task))


def convolutions(graph):
    """Channels, kernel and stride of each convolution, in order."""
    return [
        (node.op.out_channels, node.op.kernel[0], node.op.stride[0])
        for node in graph.nodes
        if isinstance(node.op, Conv2d)
    ]


def test_choices_are_those_of_the_network() -> None:
    graph = resnet(CLUTTERED).graph(DESIGN)
    assert convolutions(graph) == [(18, 5, 2), (24, 3, 2), (24, 3, 1)]
    assert any(isinstance(node.op, AdaptiveMaxPool2d) for node in graph.nodes)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("plain", [(24, 3, 2), (24, 3, 1)]),
        ("residual", [(24, 3, 2), (24, 3, 1), (24, 1, 2), (24, 3, 1), (24, 3, 1)]),
        (
            "bottleneck",
            [(12, 1, 1), (12, 3, 2), (24, 1, 1), (24, 1, 2), (12, 1, 1), (12, 3, 1), (24, 1, 1)],
        ),
    ],
)
def test_blocks(block, expected) -> None:
    graph = resnet(CLUTTERED).graph({**DESIGN, "stage0.block": block})
    assert convolutions(graph)[1:] == expected


class Block(nn.Module):
    """The basic block of He et al."""

    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(width) for _ in range(2)])
        self.shortcut = nn.Sequential()
        if stride > 1 or before != width:
            conv = nn.Conv2d(before, width, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.norms[0](self.first(x)).relu()
        return (self.norms[1](self.second(y)) + self.shortcut(x)).relu()


def resnet8(width: int, stride: int) -> nn.Sequential:
    stem = nn.Conv2d(1, width, 3, stride, 1, bias=False)
    blocks = [Block(width, width, 1), Block(width, 2 * width, 2), Block(2 * width, 4 * width, 2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10)]
    return nn.Sequential(stem, nn.BatchNorm2d(width), nn.ReLU(), *blocks, *head)


@pytest.mark.parametrize(
    ("name", "width", "stride"), [("ResNet-8", 6, 1), ("ResNet-8, stem stride 2", 12, 2)]
)
def test_known_resnets_are_those_written_by_hand(name, width, stride) -> None:
    space = resnet(CLUTTERED)
    module = resnet8(width, stride)
    written = from_module(module, CLUTTERED.traits.example(1, 24)).graph
    assert space.graph(space.known()[name]).hash() == written.hash()


def test_resnets_of_the_papers() -> None:
    """ResNet-20 has 0.27 M parameters on CIFAR-10 (He et al. 2016), here with convolutions in its
    two shortcuts; ResNet-18 on ImageNet has 11,689,512, here 4,224 more in a shortcut that its
    pooling makes superfluous."""
    cifar, photos = resnet(CIFAR), resnet(PHOTOS)
    shortcuts = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    assert cost(cifar.graph(cifar.known()["ResNet-20"])).params == 269_722 + shortcuts
    found = cost(photos.graph(photos.known()["ResNet-18"]))
    assert found.params == 11_689_512 + 64 * 64 + 2 * 64


@pytest.mark.parametrize("task", [CLUTTERED, CIFAR])
def test_all_networks_are_within_the_budget(task):
    space = resnet(task)
    rng = np.random.default_rng(0)
    area = task.resolution**2
    for _ in range(30):
        found = cost(sample(space, rng).graph)
        assert found.macs <= space.budget * 9 * space.channels**2 * area
        assert found.activation_bytes <= space.budget * MAPS * 4 * space.channels * area


def test_a_network_beyond_the_budget_is_narrowed_in_proportion() -> None:
    wide = {**DESIGN, "stem.width": 1, "stem.stride": 1, "stage0.width": 2, "stage0.kernel": 5}
    wide["stage0.reduce"] = False
    space = resnet(CLUTTERED)
    stem, first, second = (width for width, *_ in convolutions(space.graph(wide)))
    assert stem < 6
    assert first == second < 12
    assert first / stem == pytest.approx(2, rel=0.3)
    free = convolutions(space.at(budget=100).graph(wide))
    assert [width for width, *_ in free] == [6, 12, 12]


def test_nothing_is_narrowed_to_one_channel() -> None:
    space = resnet(CLUTTERED).at(budget=1, max_depth=6)
    rng = np.random.default_rng(0)
    drawn = [sample(space, rng) for _ in range(30)]
    others = [one for one in drawn if "bottleneck" not in one.params.values()]
    assert min(width for one in others for width, *_ in convolutions(one.graph)) == 2


def test_the_budget_holds_at_any_resolution_and_width() -> None:
    """Proxies are networks of the same shape."""
    space = resnet(CLUTTERED)
    rng = np.random.default_rng(1)
    for _ in range(20):
        drawn = sample(space, rng)
        for proxy in (space.at(resolution=48), space.at(channels=12)):
            factor = proxy.channels / space.channels
            widths = [width for width, *_ in convolutions(drawn.graph)]
            others = [width / factor for width, *_ in convolutions(proxy.graph(drawn.params))]
            assert others == pytest.approx(widths, rel=0.35, abs=2)


def test_size_counts_the_choices() -> None:
    space = resnet(CLUTTERED).at(stages=2, max_depth=1)
    stem, stage = 3 * 3 * 2 * 2, 3 * 2 * 3 * 2
    assert space.size() == stem * (stage + stage**2)


def test_mutants_may_have_other_stages() -> None:
    space = resnet(CLUTTERED)
    rng = np.random.default_rng(2)
    found = {mutate(space, DESIGN, rng).params["stages"] for _ in range(40)}
    assert len(found) > 1
