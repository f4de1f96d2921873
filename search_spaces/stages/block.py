"""Blocks of dense convolutions: plain ones, and those of residual networks (He et al. 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.graph.blocks import conv_bn

if TYPE_CHECKING:
    from nas.graph.builder import GraphBuilder, Value


def plain(b: GraphBuilder, x: Value, channels: int, kernel: int, stride: int) -> Value:
    """Convolution, batch norm, ReLU: (B, C, H, W) -> (B, channels, H/stride, W/stride)."""
    return b.relu(conv_bn(b, x, channels, kernel, stride=stride))


def residual(b: GraphBuilder, x: Value, channels: int, kernel: int, stride: int) -> Value:
    """Two convolutions beside a shortcut: (B, C, H, W) -> (B, channels, H/stride, W/stride)."""
    with b.scope("first"):
        y = b.relu(conv_bn(b, x, channels, kernel, stride=stride))
    with b.scope("second"):
        y = conv_bn(b, y, channels, kernel)
    return _join(b, x, y, stride)


def bottleneck(
    b: GraphBuilder, x: Value, channels: int, kernel: int, stride: int, *, expansion: int = 4
) -> Value:
    """A narrow convolution between two 1x1 convolutions, beside a shortcut.

    Shape:
        (B, C, H, W) to (B, channels, H/stride, W/stride), ``expansion`` times fewer channels
        inside.
    """
    inner = max(1, channels // expansion)
    with b.scope("first"):
        y = b.relu(conv_bn(b, x, inner, 1))
    with b.scope("second"):
        y = b.relu(conv_bn(b, y, inner, kernel, stride=stride))
    with b.scope("third"):
        y = conv_bn(b, y, channels, 1)
    return _join(b, x, y, stride)


def _join(b: GraphBuilder, x: Value, y: Value, stride: int) -> Value:
    """ReLU of the sum; a 1x1 convolution matches the shape of the shortcut."""
    if x.shape != y.shape:
        with b.scope("shortcut"):
            x = conv_bn(b, x, y.channels, 1, stride=stride)
    return b.relu(b.add(x, y))
