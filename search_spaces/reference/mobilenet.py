"""MobileNetV2, Sandler et al. 2018."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.builder import GraphBuilder
from search_spaces.reference.frame import head, image, is_large
from search_spaces.reference.registry import register

if TYPE_CHECKING:
    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.task.task import Task

_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks and stride of each stage."""


@register("mobilenet_v2")
def mobilenet_v2(task: Task, *, width: float = 1.0) -> Graph:
    """MobileNetV2 with all widths times ``width``, rounded to multiples of eight.

    On small images the stem and the first two stages that reduce keep the resolution.
    """
    b = GraphBuilder()
    large = is_large(task)
    with b.scope("stem"):
        x = _conv(b, image(b, task), _rounded(32 * width), 3, stride=2 if large else 1)
    for stage, (expansion, channels, depth, stride) in enumerate(_STAGES):
        first = stride if large or stage > 2 else 1
        for index in range(depth):
            with b.scope(f"stage{stage}.block{index}"):
                x = _block(b, x, expansion, _rounded(channels * width), 1 if index else first)
    with b.scope("last"):
        x = _conv(b, x, _rounded(1280 * max(1.0, width)), 1)
    x = b.dropout(b.flatten(b.global_avg_pool(x, name="pool")), 0.2)
    return b.build(head(b, x, task))


def _block(b: GraphBuilder, x: Value, expansion: int, channels: int, stride: int) -> Value:
    """Inverted residual with linear bottleneck."""
    y = x
    if expansion > 1:
        with b.scope("expand"):
            y = _conv(b, y, expansion * x.channels, 1)
    with b.scope("depthwise"):
        y = _conv(b, y, y.channels, 3, stride=stride, groups=y.channels)
    with b.scope("project"):
        y = b.batch_norm(b.conv2d(y, channels, 1, name="conv"), name="norm")
    return b.add(x, y) if x.shape == y.shape else y


def _conv(
    b: GraphBuilder, x: Value, channels: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> Value:
    """Convolution, batch norm, ReLU6."""
    x = b.conv2d(x, channels, kernel, stride=stride, groups=groups, name="conv")
    return b.activation(b.batch_norm(x, name="norm"), "relu6")


def _rounded(channels: float) -> int:
    """The nearest multiple of eight that is at least nine tenths of the width."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
