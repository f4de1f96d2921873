"""Residual networks, He et al. 2016."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.builder import GraphBuilder
from search_spaces.reference.frame import conv_stem
from search_spaces.reference.registry import register
from search_spaces.stages.block import bottleneck, residual

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.task.task import Task

    Block = Callable[[GraphBuilder, Value, int, int, int], Value]

_EXPANSION = 4


@register("resnet18")
def resnet18(task: Task, *, width: int = 64) -> Graph:
    """ResNet-18; ``width`` is that of the first stage."""
    return _resnet(task, width, (2, 2, 2, 2), residual)


@register("resnet50")
def resnet50(task: Task, *, width: int = 64) -> Graph:
    """ResNet-50, stride in the 3x3 convolutions; on small images that of DeepNets-1M."""
    return _resnet(task, width, (3, 4, 6, 3), bottleneck, expansion=_EXPANSION)


def _resnet(
    task: Task, width: int, depths: tuple[int, ...], block: Block, *, expansion: int = 1
) -> Graph:
    b = GraphBuilder()
    x = conv_stem(b, task, width)
    for stage, depth in enumerate(depths):
        channels = expansion * width * 2**stage
        for index in range(depth):
            with b.scope(f"stage{stage}.block{index}"):
                x = block(b, x, channels, 3, 2 if stage and not index else 1)
    return b.build(b.classifier(x, task.classes))
