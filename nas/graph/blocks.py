"""Well-known compositions of operations, as graphs of primitives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import ShapeError

if TYPE_CHECKING:
    from nas.graph.builder import GraphBuilder, Value
    from nas.graph.ops.window import Pair


def conv_bn(
    b: GraphBuilder, x: Value, channels: int, kernel: int | Pair = 3, *, stride: int = 1
) -> Value:
    """Convolution, batch norm."""
    return b.batch_norm(b.conv2d(x, channels, kernel, stride=stride, name="conv"), name="norm")


def relu_conv_bn(
    b: GraphBuilder, x: Value, channels: int, kernel: int | Pair = 1, *, stride: int = 1
) -> Value:
    """ReLU, convolution, batch norm."""
    return conv_bn(b, b.relu(x), channels, kernel, stride=stride)


def depthwise_separable(
    b: GraphBuilder,
    x: Value,
    channels: int,
    kernel: int | Pair,
    *,
    stride: int = 1,
    dilation: int = 1,
) -> Value:
    """ReLU, depthwise convolution, 1x1 convolution, batch norm."""
    x = b.relu(x)
    x = b.conv2d(
        x,
        x.channels,
        kernel,
        stride=stride,
        dilation=dilation,
        groups=x.channels,
        name="depthwise",
    )
    return b.batch_norm(b.conv2d(x, channels, 1, name="pointwise"), name="norm")


def separable_conv(
    b: GraphBuilder, x: Value, channels: int, kernel: int, *, stride: int = 1
) -> Value:
    """Depthwise-separable convolution applied twice, the second at stride 1 (Zoph et al. 2018)."""
    with b.scope("first"):
        x = depthwise_separable(b, x, channels, kernel, stride=stride)
    with b.scope("second"):
        return depthwise_separable(b, x, channels, kernel)


def factorized_conv(
    b: GraphBuilder, x: Value, channels: int, length: int, *, stride: int = 1
) -> Value:
    """ReLU, 1xk convolution, kx1 convolution, batch norm; each strides along its own axis."""
    x = b.conv2d(b.relu(x), channels, (1, length), stride=(1, stride), name="row")
    x = b.conv2d(x, channels, (length, 1), stride=(stride, 1), name="column")
    return b.batch_norm(x, name="norm")


def factorized_reduction(b: GraphBuilder, x: Value, channels: int) -> Value:
    """Halve the resolution with two interleaved 1x1 convolutions of stride 2.

    Each gives half of the channels, the second on the image shifted by one pixel and with the
    odd channel if there is one; then a batch norm (TF-slim ``factorized_reduction``).

    Raises:
        ShapeError: There are fewer than two ``channels``.
    """
    if channels < 2:
        raise ShapeError(f"a factorised reduction needs two channels or more, got {channels}")
    even = b.conv2d(x, channels // 2, 1, stride=2, name="even")
    odd = b.conv2d(b.shift(x), channels - channels // 2, 1, stride=2, name="odd")
    return b.batch_norm(b.concat(even, odd), name="norm")


def squeeze_excite(
    b: GraphBuilder, x: Value, hidden: int, *, function: str = "relu", gate: str = "sigmoid"
) -> Value:
    """Channel gates from global averages (Hu et al. 2018): x * g(W2 f(W1 mean(x)))."""
    with b.scope("squeeze_excite"):
        gates = b.global_avg_pool(x)
        gates = b.activation(b.conv2d(gates, hidden, 1, bias=True, name="reduce"), function)
        gates = b.activation(b.conv2d(gates, x.channels, 1, bias=True, name="expand"), gate)
        return b.mul(x, gates)
