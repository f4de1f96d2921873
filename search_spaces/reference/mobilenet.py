"""MobileNetV2, Sandler et al. 2018."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.builder import GraphBuilder
from search_spaces.reference.frame import head, image, is_large
from search_spaces.reference.registry import register
from search_spaces.stages.inverted_residual import (
    conv_norm_act,
    divisible,
    inverted_residual,
)

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.task.task import Task

_FUNCTION = "relu6"
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
        x = image(b, task)
        x = conv_norm_act(b, x, divisible(32 * width), 3, 2 if large else 1, function=_FUNCTION)
    for stage, (expansion, channels, depth, stride) in enumerate(_STAGES):
        first = stride if large or stage > 2 else 1
        for index in range(depth):
            with b.scope(f"stage{stage}.block{index}"):
                x = inverted_residual(
                    b,
                    x,
                    divisible(channels * width),
                    stride=1 if index else first,
                    expansion=expansion,
                    function=_FUNCTION,
                )
    with b.scope("last"):
        x = conv_norm_act(b, x, divisible(1280 * max(1.0, width)), 1, function=_FUNCTION)
    x = b.dropout(b.flatten(b.global_avg_pool(x, name="pool")), 0.2)
    return b.build(head(b, x, task))
