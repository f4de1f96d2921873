"""Networks that no hypernetwork has seen in training."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

import search_spaces
from nas.compile.module import to_module
from nas.seeding import rng
from nas.space.candidate import sample
from search_spaces.reference import densenet121, mobilenet_v2, resnet18, resnet50, vgg11_bn

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.graph.graph import Graph
    from nas.task.task import Task

DRAWN = {"test": 3, "deep": 1, "dense": 1}
"""Random networks by split of ``deepnets``."""
_SIZES = {"channels": 8, "max_cells": 8}


class Residual(nn.Module):
    """``x + f(x)``."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.body(x)
        return result


def _layer(inputs: int, outputs: int, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    kernel = 1 if inputs != outputs and stride == 1 else 3
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


def _head(channels: int, task: Task) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, task.classes)]


def _stem(task: Task, channels: int) -> nn.Sequential:
    conv = nn.Conv2d(task.channels, channels, 3, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels), nn.ReLU())


def plain(task: Task) -> nn.Module:
    """Eight convolutions one after another."""
    layers = [_stem(task, 16), *(_layer(16, 16) for _ in range(3)), _layer(16, 32, stride=2)]
    return nn.Sequential(*layers, *(_layer(32, 32) for _ in range(3)), *_head(32, task))


def residual(task: Task) -> nn.Module:
    """Four residual blocks of two convolutions."""

    def block(width: int) -> Residual:
        return Residual(nn.Sequential(_layer(width, width), _layer(width, width)))

    first, second = [block(16), block(16)], [block(32), block(32)]
    down = _layer(16, 32, stride=2)
    return nn.Sequential(_stem(task, 16), *first, down, *second, *_head(32, task))


def separable(task: Task) -> nn.Module:
    """Six depthwise convolutions, each with a pointwise one behind it."""
    widths = (16, 16, 32, 32, 64, 64, 64)
    pairs: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        pairs += [_layer(inputs, inputs, groups=inputs), nn.Conv2d(inputs, outputs, 1)]
        pairs += [nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(_stem(task, 16), *pairs, *_head(64, task))


def _graph_module(make: Callable[[Task], Graph], task: Task) -> nn.Module:
    return to_module(make(task))


def _drawn(split: str, index: int, task: Task) -> nn.Module:
    space = search_spaces.get("deepnets", task, **_SIZES).at(split=split)
    return to_module(sample(space, rng(0, "gain", split, index)).graph.simplified)


REFERENCES: dict[str, Callable[[Task], Graph]] = {
    "ResNet-18, width 8": partial(resnet18, width=8),
    "ResNet-50, width 8": partial(resnet50, width=8),
    "VGG-11, width 8": partial(vgg11_bn, width=8),
    "MobileNetV2, width 0.25": partial(mobilenet_v2, width=0.25),
    "DenseNet-121, growth 4": partial(densenet121, growth=4),
}

NETWORKS: dict[str, Callable[[Task], nn.Module]] = {
    "plain": plain,
    "residual": residual,
    "separable": separable,
    **{f"{s} {i + 1}": partial(_drawn, s, i) for s, count in DRAWN.items() for i in range(count)},
    **{name: partial(_graph_module, make) for name, make in REFERENCES.items()},
}
"""What makes each of them for a task, with torch's default weights."""
