"""DenseNet, Huang et al. 2017."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.builder import GraphBuilder
from nas.graph.ops.pool import AvgPool2d
from search_spaces.reference.frame import conv_stem
from search_spaces.reference.registry import register

if TYPE_CHECKING:
    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.task.task import Task

_DEPTHS = (6, 12, 24, 16)
_BOTTLENECK = 4


@register("densenet121")
def densenet121(task: Task, *, growth: int = 32) -> Graph:
    """DenseNet-121 with bottlenecks, the channels halved between blocks.

    Args:
        task: Images and classes.
        growth: Channels that each layer adds.
    """
    b = GraphBuilder()
    x = conv_stem(b, task, 2 * growth)
    for stage, depth in enumerate(_DEPTHS):
        with b.scope(f"stage{stage}"):
            x = _transition(b, x) if stage else x
            for index in range(depth):
                with b.scope(f"layer{index}"):
                    x = b.concat(x, _layer(b, x, growth))
    with b.scope("last"):
        x = b.relu(b.batch_norm(x, name="norm"))
    return b.build(b.classifier(x, task.classes))


def _layer(b: GraphBuilder, x: Value, growth: int) -> Value:
    with b.scope("first"):
        x = _norm_relu_conv(b, x, _BOTTLENECK * growth, 1)
    with b.scope("second"):
        return _norm_relu_conv(b, x, growth, 3)


def _transition(b: GraphBuilder, x: Value) -> Value:
    with b.scope("transition"):
        x = _norm_relu_conv(b, x, x.channels // 2, 1)
        return b.op(AvgPool2d(kernel=(2, 2), stride=2, padding=(0, 0)), x)


def _norm_relu_conv(b: GraphBuilder, x: Value, channels: int, kernel: int) -> Value:
    x = b.relu(b.batch_norm(x, name="norm"))
    return b.conv2d(x, channels, kernel, name="conv")
