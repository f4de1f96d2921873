"""Transposed convolution of sequences, images and volumes, which enlarges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

import torch.nn.functional as F
from torch import nn

from nas.errors import GraphError
from nas.graph.op import OpFeatures, operation
from nas.graph.ops.attribute import check_sizes
from nas.graph.ops.conv import Convolution
from nas.graph.ops.window import Pair, WindowSizes, each, transposed_slide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

_FUNCTIONS: dict[int, Callable[..., Tensor]] = {
    1: F.conv_transpose1d,
    2: F.conv_transpose2d,
    3: F.conv_transpose3d,
}
_MODULES: dict[int, Callable[..., nn.Module]] = {
    1: nn.ConvTranspose1d,
    2: nn.ConvTranspose2d,
    3: nn.ConvTranspose3d,
}


class ConvTranspose(Convolution):
    """A transposed convolution; each subclass sets the number of spatial dimensions.

    It is the gradient of a convolution with regard to its input: every position adds a window of
    outputs. The defaults double the resolution with windows that do not overlap.

    Attributes:
        out_channels: Output channels.
        kernel: Size of the window in each dimension.
        stride: Factor of enlargement in each dimension.
        padding: Positions cut off on each side.
        output_padding: Positions added at the end, fewer than the stride or the dilation.
        dilation: Spacing of the window's taps.
        groups: Channel groups.
        bias: Whether a bias is added.
    """

    padding: WindowSizes
    output_padding: WindowSizes

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes(self, "padding", "output_padding", count=self.dims, least=0)
        limits = map(max, self.stride, each(self.dilation, self.dims))
        if any(more >= limit for more, limit in zip(self.output_padding, limits, strict=True)):
            raise GraphError(
                f"{self.kind}: output_padding must be smaller than the stride {self.stride} or "
                f"the dilation {self.dilation}, got {self.output_padding}"
            )

    @final
    def output_sizes(self, x: Shape) -> WindowSizes:
        return transposed_slide(
            x, self.kernel, self.stride, self.padding, self.output_padding, self.dilation
        )

    @final
    def weight_shape(self, channels: int) -> Shape:
        return channels, self.out_channels // self.groups, *self.kernel

    @final
    def macs(self, *inputs: Shape) -> int:
        (x,) = inputs
        return math.prod(x[2:]) * math.prod(self.weight_shape(x[1]))

    @final
    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return _FUNCTIONS[self.dims](
            inputs[0],
            params["weight"],
            params.get("bias"),
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )

    @final
    def module(self, *inputs: Shape) -> nn.Module:
        return _MODULES[self.dims](
            inputs[0][1],
            self.out_channels,
            self.kernel,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            groups=self.groups,
            bias=self.bias,
            dilation=self.dilation,
        )

    @final
    def features(self) -> OpFeatures:
        return self.features_of("conv_transpose")


@operation("conv_transpose1d")
@dataclass(frozen=True, kw_only=True)
class ConvTranspose1d(ConvTranspose):
    """1-D transposed convolution: (B, C, T) -> (B, out_channels, T').

    See :class:`ConvTranspose`.
    """

    dims: ClassVar[int] = 1

    out_channels: int
    kernel: tuple[int] = (2,)
    stride: tuple[int] = (2,)
    padding: tuple[int] = (0,)
    output_padding: tuple[int] = (0,)
    dilation: tuple[int] = (1,)
    groups: int = 1
    bias: bool = False


@operation("conv_transpose2d")
@dataclass(frozen=True, kw_only=True)
class ConvTranspose2d(ConvTranspose):
    """2-D transposed convolution: (B, C, H, W) -> (B, out_channels, H', W').

    See :class:`ConvTranspose`.
    """

    dims: ClassVar[int] = 2

    out_channels: int
    kernel: Pair = (2, 2)
    stride: Pair = (2, 2)
    padding: Pair = (0, 0)
    output_padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = False


@operation("conv_transpose3d")
@dataclass(frozen=True, kw_only=True)
class ConvTranspose3d(ConvTranspose):
    """3-D transposed convolution: (B, C, D, H, W) -> (B, out_channels, D', H', W').

    See :class:`ConvTranspose`.
    """

    dims: ClassVar[int] = 3

    out_channels: int
    kernel: tuple[int, int, int] = (2, 2, 2)
    stride: tuple[int, int, int] = (2, 2, 2)
    padding: tuple[int, int, int] = (0, 0, 0)
    output_padding: tuple[int, int, int] = (0, 0, 0)
    dilation: tuple[int, int, int] = (1, 1, 1)
    groups: int = 1
    bias: bool = False
