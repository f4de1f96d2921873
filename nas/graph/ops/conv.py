"""Convolution of sequences, images and volumes: dense, grouped, depthwise, dilated."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, final

import torch.nn.functional as F
from torch import nn

from nas.errors import ShapeError
from nas.graph.op import Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_flag, check_sizes, check_whole
from nas.graph.ops.window import Pair, WindowSizes, each, same_padding, slide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

_FUNCTIONS: dict[int, Callable[..., Tensor]] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_MODULES: dict[int, Callable[..., nn.Module]] = {
    1: nn.Conv1d,
    2: nn.Conv2d,
    3: nn.Conv3d,
}


class Convolution(Op):
    """A window of weights for each output channel: (B, C, ...) -> (B, out_channels, ...).

    The common part of convolutions and transposed convolutions.
    """

    dims: ClassVar[int]
    """Number of spatial dimensions."""
    one_dilation: ClassVar[bool] = False
    """Whether the dilation is one number for all dimensions."""

    out_channels: int
    kernel: WindowSizes
    stride: WindowSizes
    dilation: int | WindowSizes
    groups: int
    bias: bool

    def __post_init__(self) -> None:
        check_whole(self, "out_channels", "groups")
        check_sizes(self, "kernel", "stride", count=self.dims)
        check_flag(self, "bias")
        if self.one_dilation:
            check_whole(self, "dilation")
        else:
            check_sizes(self, "dilation", count=self.dims)

    @abstractmethod
    def output_sizes(self, x: Shape) -> WindowSizes:
        """Spatial sizes of the output for an input (B, C, ...).

        Raises:
            ShapeError: The window cannot be applied to it.
        """

    @abstractmethod
    def weight_shape(self, channels: int) -> Shape:
        """Shape of the weight for a number of input channels."""

    @final
    def infer_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        sizes = self.output_sizes(x)
        if x[1] % self.groups or self.out_channels % self.groups:
            raise ShapeError(
                f"expected input and output channels divisible by groups={self.groups}, "
                f"got {x[1]} and {self.out_channels}"
            )
        return x[0], self.out_channels, *sizes

    @final
    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        (x,) = inputs
        specs = {"weight": ParamSpec(self.weight_shape(x[1]), Role.WEIGHT)}
        if self.bias:
            specs["bias"] = ParamSpec((self.out_channels,), Role.BIAS)
        return specs

    @final
    def features_of(self, kind: str) -> OpFeatures:
        """Features of a convolution; the window is that of the last two dimensions."""
        height, width = (1, *self.kernel)[-2:]
        return OpFeatures(
            kind=kind,
            kernel=(height, width),
            stride=max(self.stride),
            dilation=max(each(self.dilation, self.dims)),
            groups=self.groups,
            bias=self.bias,
        )


class Conv(Convolution):
    """A convolution; each subclass sets the number of spatial dimensions.

    Attributes:
        out_channels: Output channels.
        kernel: Size of the window in each dimension.
        stride: Step of the window in each dimension.
        dilation: Spacing of the window's taps.
        groups: Channel groups; equal to the input channels for a depthwise convolution.
        bias: Whether a bias is added.
        padding: Zeros added on each side; ``None`` keeps the size at stride 1.
    """

    padding: WindowSizes | None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.padding is not None:
            check_sizes(self, "padding", count=self.dims, least=0)
            if self.padding == same_padding(self.kernel, self.dilation):
                object.__setattr__(self, "padding", None)

    @final
    @cached_property
    def pad(self) -> WindowSizes:
        """The effective padding, in each dimension."""
        return same_padding(self.kernel, self.dilation) if self.padding is None else self.padding

    @final
    def output_sizes(self, x: Shape) -> WindowSizes:
        return slide(x, self.kernel, self.stride, self.pad, self.dilation)

    @final
    def weight_shape(self, channels: int) -> Shape:
        return self.out_channels, channels // self.groups, *self.kernel

    @final
    def macs(self, *inputs: Shape) -> int:
        positions = math.prod(self.infer_shape(*inputs)[2:])
        return positions * math.prod(self.weight_shape(inputs[0][1]))

    @final
    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return _FUNCTIONS[self.dims](
            inputs[0],
            params["weight"],
            params.get("bias"),
            self.stride,
            self.pad,
            self.dilation,
            self.groups,
        )

    @final
    def module(self, *inputs: Shape) -> nn.Module:
        return _MODULES[self.dims](
            inputs[0][1],
            self.out_channels,
            self.kernel,
            stride=self.stride,
            padding=self.pad,
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias,
        )

    @final
    def features(self) -> OpFeatures:
        return self.features_of("conv2d")


@operation("conv1d")
@dataclass(frozen=True, kw_only=True)
class Conv1d(Conv):
    """1-D convolution: (B, C, T) -> (B, out_channels, T'), see :class:`Conv`."""

    dims: ClassVar[int] = 1

    out_channels: int
    kernel: tuple[int] = (3,)
    stride: tuple[int] = (1,)
    dilation: tuple[int] = (1,)
    groups: int = 1
    bias: bool = False
    padding: tuple[int] | None = None


@operation("conv2d")
@dataclass(frozen=True, kw_only=True)
class Conv2d(Conv):
    """2-D convolution: (B, C, H, W) -> (B, out_channels, H', W').

    Attributes:
        out_channels: Output channels.
        kernel: Window height and width.
        stride: Vertical and horizontal stride.
        dilation: Spacing of the window's taps.
        groups: Channel groups; equal to the input channels for a depthwise convolution.
        bias: Whether a bias is added.
        padding: Pixels added on each side; ``None`` keeps the size at stride 1.
    """

    dims: ClassVar[int] = 2
    one_dilation: ClassVar[bool] = True

    out_channels: int
    kernel: Pair = (3, 3)
    stride: Pair = (1, 1)
    dilation: int = 1
    groups: int = 1
    bias: bool = False
    padding: Pair | None = None


@operation("conv3d")
@dataclass(frozen=True, kw_only=True)
class Conv3d(Conv):
    """3-D convolution: (B, C, D, H, W) -> (B, out_channels, D', H', W'), see :class:`Conv`."""

    dims: ClassVar[int] = 3

    out_channels: int
    kernel: tuple[int, int, int] = (3, 3, 3)
    stride: tuple[int, int, int] = (1, 1, 1)
    dilation: tuple[int, int, int] = (1, 1, 1)
    groups: int = 1
    bias: bool = False
    padding: tuple[int, int, int] | None = None
