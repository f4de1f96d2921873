"""Beginning and end of reference networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.blocks import conv_bn
from nas.graph.ops.linear import Linear

if TYPE_CHECKING:
    from nas.graph.builder import GraphBuilder, Value
    from nas.task.task import Task

_LARGE = 64


def is_large(task: Task) -> bool:
    """Whether images are large enough for the stem of ImageNet, which reduces them."""
    return task.resolution >= _LARGE


def image(b: GraphBuilder, task: Task) -> Value:
    """The input: (1, C, H, W)."""
    return b.input((1, task.channels, task.resolution, task.resolution))


def conv_stem(b: GraphBuilder, task: Task, channels: int) -> Value:
    """Convolution, batch norm and ReLU, large images divided by four (He et al. 2016)."""
    large = is_large(task)
    with b.scope("stem"):
        x = conv_bn(b, image(b, task), channels, 7 if large else 3, stride=2 if large else 1)
        x = b.relu(x)
        return b.max_pool(x, 3, stride=2) if large else x


def head(b: GraphBuilder, x: Value, task: Task) -> Value:
    """Class scores: (B, C) -> (B, classes)."""
    return b.op(Linear(out_features=task.classes, head=True), x, name="classifier")
