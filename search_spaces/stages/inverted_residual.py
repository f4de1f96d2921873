"""Inverted residuals, the blocks of MobileNetV2, MnasNet and EfficientNet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.blocks import conv_bn, squeeze_excite

if TYPE_CHECKING:
    from nas.graph.builder import GraphBuilder, Value

_QUANTUM = 8
_SQUEEZE = 4


def inverted_residual(
    b: GraphBuilder,
    x: Value,
    channels: int,
    kernel: int = 3,
    stride: int = 1,
    *,
    expansion: int,
    function: str,
    se: bool = False,
) -> Value:
    """A depthwise convolution between 1x1 convolutions, of which the last is linear.

    The input is added where it has the shape of the output (Sandler et al. 2018). Squeeze and
    excitation reduces to a quarter of the block's input channels, not of the expanded ones (Tan &
    Le 2019).

    Args:
        b: The builder.
        x: The input.
        channels: Output channels.
        kernel: Side of the depthwise convolution.
        stride: Stride of the depthwise convolution.
        expansion: Factor from the input channels to those of the depthwise convolution; with 1
            there is no first 1x1 convolution.
        function: The non-linearity.
        se: Whether the output of the depthwise convolution has squeeze and excitation.

    Shape:
        (B, C, H, W) to (B, channels, H/stride, W/stride).
    """
    y = x
    if expansion > 1:
        with b.scope("expand"):
            y = conv_norm_act(b, y, expansion * x.channels, 1, function=function)
    with b.scope("depthwise"):
        y = conv_norm_act(b, y, y.channels, kernel, stride, groups=y.channels, function=function)
    if se:
        y = squeeze_excite(b, y, max(1, x.channels // _SQUEEZE), function=function)
    with b.scope("project"):
        y = conv_bn(b, y, channels, 1)
    return b.add(x, y) if x.shape == y.shape else y


def conv_norm_act(
    b: GraphBuilder,
    x: Value,
    channels: int,
    kernel: int,
    stride: int = 1,
    *,
    function: str,
    groups: int = 1,
) -> Value:
    """Convolution, batch norm, ``function``: (B, C, H, W) -> (B, channels, H/stride, W/stride)."""
    x = b.conv2d(x, channels, kernel, stride=stride, groups=groups, name="conv")
    return b.activation(b.batch_norm(x, name="norm"), function)


def divisible(width: float) -> int:
    """The nearest multiple of eight that is at least nine tenths of a width.

    Example:
        >>> divisible(12), divisible(56), divisible(9)
        (16, 56, 16)
    """
    nearest = max(_QUANTUM, int(width + _QUANTUM / 2) // _QUANTUM * _QUANTUM)
    return nearest + _QUANTUM if nearest < 0.9 * width else nearest
