"""Transformer layers on tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.ops.attention import Attention
from nas.graph.ops.linear import Linear
from nas.graph.ops.norm import LayerNorm

if TYPE_CHECKING:
    from nas.graph.builder import GraphBuilder, Value


def encoder_layer(
    b: GraphBuilder,
    x: Value,
    *,
    heads: int,
    hidden: int,
    qkv_bias: bool = True,
    eps: float = 1e-5,
) -> Value:
    """Self-attention and a GELU network, each after a layer norm and added to its input.

    (B, T, C) -> (B, T, C), Dosovitskiy et al. 2021.

    Args:
        b: The builder to which nodes are added.
        x: Tokens.
        heads: Number of heads of the attention.
        hidden: Features inside the GELU network.
        qkv_bias: Whether queries, keys and values have biases.
        eps: Epsilon of the norms.
    """
    width = x.shape[-1]
    with b.scope("attention"):
        y = b.op(LayerNorm(eps=eps), x, name="norm")
        project = Linear(out_features=width, bias=qkv_bias)
        parts = (b.op(project, y, name=name) for name in ("query", "key", "value"))
        y = b.op(Attention(heads=heads), *parts, name="attend")
        x = b.add(x, b.linear(y, width, name="out"))
    with b.scope("feed_forward"):
        y = b.op(LayerNorm(eps=eps), x, name="norm")
        y = b.activation(b.linear(y, hidden, name="expand"), "gelu")
        return b.add(x, b.linear(y, width, name="reduce"))
