"""Vision transformers, Dosovitskiy et al. 2021."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.builder import GraphBuilder
from nas.graph.ops.call import Call
from nas.graph.ops.norm import LayerNorm
from nas.graph.ops.parameter import Parameter
from nas.graph.ops.shape import Tokens
from search_spaces.cells.transformer import encoder_layer
from search_spaces.reference.frame import head, image, is_large
from search_spaces.reference.registry import register

if TYPE_CHECKING:
    from nas.graph.builder import Value
    from nas.graph.graph import Graph
    from nas.task.task import Task

_PATCH = 16
_PATCHES = 8
"""Number of patches along each side of a small image."""
_HEAD = 64
_EPS = 1e-6


@register("vit_ti_16")
def vit_ti_16(task: Task, *, width: int = 192, depth: int = 12) -> Graph:
    """ViT-Ti/16 of Touvron et al. 2021, see :func:`vit_b_16`."""
    return vit_b_16(task, width=width, depth=depth)


@register("vit_s_16")
def vit_s_16(task: Task, *, width: int = 384, depth: int = 12) -> Graph:
    """ViT-S/16 of Touvron et al. 2021, see :func:`vit_b_16`."""
    return vit_b_16(task, width=width, depth=depth)


@register("vit_b_16")
def vit_b_16(task: Task, *, width: int = 768, depth: int = 12) -> Graph:
    """ViT-B/16 with a class token; small images have eight patches along each side.

    Args:
        task: Images and classes.
        width: Features of a token; a head of the attention has 64 of them.
        depth: Number of layers.
    """
    b = GraphBuilder()
    patch = _PATCH if is_large(task) else max(1, task.resolution // _PATCHES)
    with b.scope("stem"):
        x = image(b, task)
        x = b.conv2d(x, width, patch, stride=patch, bias=True, padding=0, name="conv")
        x = _positioned(b, x)
    for index in range(depth):
        with b.scope(f"layer{index}"):
            heads = max(1, width // _HEAD)
            x = encoder_layer(b, x, heads=heads, hidden=4 * width, eps=_EPS)
    x = b.op(LayerNorm(eps=_EPS), x, name="norm")
    x = b.op(Call(expression="torch.select(x0, 1, 0)"), x, name="class_token")
    return b.build(head(b, x, task))


def _positioned(b: GraphBuilder, x: Value) -> Value:
    """A class token before the patches, and a learned position added to all: (B, 1 + H*W, C)."""
    width = x.channels
    token = b.op(Parameter(shape=(1, 1, width)), name="token")
    expand = Call(expression=f"x0.expand(x1.shape[0], 1, {width})")
    x = b.concat(b.op(expand, token, x, name="expand"), b.op(Tokens(), x))
    position = b.op(Parameter(shape=x.shape), name="position")
    return b.add(x, position)
