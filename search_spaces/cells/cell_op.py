"""The operations of published cells, by their published names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from nas.graph.blocks import (
    conv_bn,
    depthwise_separable,
    factorized_conv,
    factorized_reduction,
    relu_conv_bn,
    separable_conv,
    squeeze_excite,
)
from nas.graph.builder import GraphBuilder, Value
from nas.graph.ops.shape import Image, Tokens, Zero
from search_spaces.cells.transformer import encoder_layer

if TYPE_CHECKING:
    from nas.graph.ops.window import Pair

CellOp = Callable[[GraphBuilder, Value, int, int], Value]
"""(builder, x, channels, stride): (B, C, H, W) -> (B, channels, H/stride, W/stride)."""


def none(b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """Zeros of the output shape of any other operation."""
    height, width = (-(-size // stride) for size in x.shape[2:])
    return b.op(Zero(shape=(channels, height, width)), x)


def identity(b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """The value itself, or ReLU-Conv1x1-BN where the shape changes (Zoph et al. 2018)."""
    if stride == 1 and x.channels == channels:
        return b.identity(x)
    return relu_conv_bn(b, x, channels, 1, stride=stride)


def skip_connect(b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """The value itself, or ReLU and a factorised reduction at stride 2 (Liu et al. 2019)."""
    if stride == 1:
        return identity(b, x, channels, stride)
    return factorized_reduction(b, b.relu(x), channels)


def max_pool(kernel: int, b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """Maximum over a window."""
    return _widen(b, b.max_pool(x, kernel, stride=stride), channels)


def avg_pool(kernel: int, b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """Mean over a window."""
    return _widen(b, b.avg_pool(x, kernel, stride=stride), channels)


def conv(kernel: int | Pair, b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """ReLU, convolution, batch norm."""
    return relu_conv_bn(b, x, channels, kernel, stride=stride)


def row_column_conv(length: int, b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """ReLU, 1xk and kx1 convolution, batch norm."""
    return factorized_conv(b, x, channels, length, stride=stride)


def sep_conv(kernel: int, b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """Depthwise-separable convolution applied twice."""
    return separable_conv(b, x, channels, kernel, stride=stride)


def dil_conv(kernel: int, b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """Depthwise-separable convolution with dilation 2."""
    return depthwise_separable(b, x, channels, kernel, stride=stride, dilation=2)


def cse(b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """Channel gates from global averages, hard-swish as published (Knyazev et al. 2021)."""
    x = squeeze_excite(b, x, max(1, x.channels // 2), gate="hardswish")
    return _widen(b, _subsample(b, x, stride), channels)


def msa(b: GraphBuilder, x: Value, channels: int, stride: int) -> Value:
    """A transformer layer on the pixels as tokens (Knyazev et al. 2021)."""
    tokens = encoder_layer(
        b,
        b.op(Tokens(), x),
        heads=_heads(x.channels),
        hidden=x.channels,
        qkv_bias=False,
    )
    x = b.op(Image(height=x.shape[2]), tokens)
    return _widen(b, _subsample(b, x, stride), channels)


def _heads(channels: int) -> int:
    """Number of heads: up to eight, each of four channels or more."""
    fitting = (heads for heads in (8, 4, 2) if channels % heads == 0 and channels >= 4 * heads)
    return next(fitting, 1)


def _subsample(b: GraphBuilder, x: Value, stride: int) -> Value:
    return x if stride == 1 else b.max_pool(x, 1, stride=stride)


def _widen(b: GraphBuilder, x: Value, channels: int) -> Value:
    return x if x.channels == channels else conv_bn(b, x, channels, 1)


CELL_OPS: dict[str, CellOp] = {
    "none": none,
    "identity": identity,
    "skip_connect": skip_connect,
    "avg_pool_3x3": partial(avg_pool, 3),
    "max_pool_3x3": partial(max_pool, 3),
    "max_pool_5x5": partial(max_pool, 5),
    "max_pool_7x7": partial(max_pool, 7),
    "conv_1x1": partial(conv, 1),
    "conv_3x3": partial(conv, 3),
    "conv_5x5": partial(conv, 5),
    "conv_7x7": partial(conv, 7),
    "nor_conv_1x1": partial(conv, 1),
    "nor_conv_3x3": partial(conv, 3),
    "conv_1x3_3x1": partial(row_column_conv, 3),
    "conv_1x7_7x1": partial(row_column_conv, 7),
    "conv_7x1_1x7": partial(row_column_conv, 7),
    "sep_conv_3x3": partial(sep_conv, 3),
    "sep_conv_5x5": partial(sep_conv, 5),
    "sep_conv_7x7": partial(sep_conv, 7),
    "dil_conv_3x3": partial(dil_conv, 3),
    "dil_conv_5x5": partial(dil_conv, 5),
    "cse": cse,
    "msa": msa,
}
