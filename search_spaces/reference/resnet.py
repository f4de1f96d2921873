"""Residual networks, He et al. 2016."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.blocks import conv_bn
from nas.graph.builder import GraphBuilder
from search_spaces.reference.frame import conv_stem
from search_spaces.reference.registry import register

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.task.task import Task

    Block = Callable[[GraphBuilder, Value, int, int], Value]

_EXPANSION = 4


@register("resnet18")
def resnet18(task: Task, *, width: int = 64) -> Graph:
    """ResNet-18; ``width`` is that of the first stage."""
    return _resnet(task, width, (2, 2, 2, 2), _basic)


@register("resnet50")
def resnet50(task: Task, *, width: int = 64) -> Graph:
    """ResNet-50, stride in the 3x3 convolutions; on small images that of DeepNets-1M."""
    return _resnet(task, width, (3, 4, 6, 3), _bottleneck)


def _resnet(task: Task, width: int, depths: tuple[int, ...], block: Block) -> Graph:
    b = GraphBuilder()
    x = conv_stem(b, task, width)
    for stage, depth in enumerate(depths):
        for index in range(depth):
            with b.scope(f"stage{stage}.block{index}"):
                x = block(b, x, width * 2**stage, 2 if stage and not index else 1)
    return b.build(b.classifier(x, task.classes))


def _basic(b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    with b.scope("first"):
        y = b.relu(conv_bn(b, x, channels, 3, stride=stride))
    with b.scope("second"):
        y = conv_bn(b, y, channels, 3)
    return _join(b, x, y, stride)


def _bottleneck(b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    with b.scope("first"):
        y = b.relu(conv_bn(b, x, channels, 1))
    with b.scope("second"):
        y = b.relu(conv_bn(b, y, channels, 3, stride=stride))
    with b.scope("third"):
        y = conv_bn(b, y, _EXPANSION * channels, 1)
    return _join(b, x, y, stride)


def _join(b: GraphBuilder, x: Value, y: Value, stride: int) -> Value:
    """ReLU of the sum; a 1x1 convolution matches the shape of the shortcut."""
    if x.shape != y.shape:
        with b.scope("shortcut"):
            x = conv_bn(b, x, y.channels, 1, stride=stride)
    return b.relu(b.add(x, y))
