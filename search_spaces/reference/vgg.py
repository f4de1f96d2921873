"""VGG with batch norm, Simonyan & Zisserman 2015."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.builder import GraphBuilder
from nas.graph.ops.pool import AdaptiveAvgPool2d, MaxPool2d
from search_spaces.reference.frame import head, image, is_large
from search_spaces.reference.registry import register

if TYPE_CHECKING:
    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.task.task import Task

_FACTORS = (1, 2, 4, 8, 8)


@register("vgg11_bn")
def vgg11_bn(task: Task, *, width: int = 64) -> Graph:
    """VGG-11 with batch norm; ``width`` is that of the first stage."""
    return _vgg(task, width, (1, 1, 2, 2, 2))


@register("vgg16_bn")
def vgg16_bn(task: Task, *, width: int = 64) -> Graph:
    """VGG-16 with batch norm; ``width`` is that of the first stage."""
    return _vgg(task, width, (2, 2, 3, 3, 3))


def _vgg(task: Task, width: int, depths: tuple[int, ...]) -> Graph:
    b = GraphBuilder()
    x = image(b, task)
    for stage, (depth, factor) in enumerate(zip(depths, _FACTORS, strict=True)):
        for index in range(depth):
            with b.scope(f"stage{stage}.conv{index}"):
                x = b.conv2d(x, factor * width, 3, bias=True, name="conv")
                x = b.relu(b.batch_norm(x, name="norm"))
        if x.shape[2] > 1:
            x = b.op(MaxPool2d(kernel=(2, 2), stride=2, padding=(0, 0)), x)
    if not is_large(task):
        return b.build(b.classifier(x, task.classes))
    x = b.flatten(b.op(AdaptiveAvgPool2d(size=7), x, name="pool"))
    for index in range(2):
        x = _hidden(b, x, 64 * width, index)
    return b.build(head(b, x, task))


def _hidden(b: GraphBuilder, x: Value, features: int, index: int) -> Value:
    with b.scope(f"hidden{index}"):
        return b.dropout(b.relu(b.linear(x, features)), 0.5)
