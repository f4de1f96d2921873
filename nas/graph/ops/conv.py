"""2-D convolution: dense, grouped, depthwise, dilated, rectangular."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import nn

from nas.errors import ShapeError
from nas.graph.op import Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_flag, check_pair, check_whole
from nas.graph.ops.window import Pair, same_padding, slide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


@operation("conv2d")
@dataclass(frozen=True, kw_only=True)
class Conv2d(Op):
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

    out_channels: int
    kernel: Pair = (3, 3)
    stride: Pair = (1, 1)
    dilation: int = 1
    groups: int = 1
    bias: bool = False
    padding: Pair | None = None

    def __post_init__(self) -> None:
        check_whole(self, "out_channels", "dilation", "groups")
        check_pair(self, "kernel", "stride")
        check_flag(self, "bias")
        if self.padding is not None:
            check_pair(self, "padding", least=0)

    @property
    def pad(self) -> Pair:
        """The padding that applies, in pixels (height, width)."""
        return same_padding(self.kernel, self.dilation) if self.padding is None else self.padding

    def infer_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        height, width = slide(x, self.kernel, self.stride, self.pad, self.dilation)
        if x[1] % self.groups or self.out_channels % self.groups:
            raise ShapeError(
                f"expected input and output channels divisible by groups={self.groups}, "
                f"got {x[1]} and {self.out_channels}"
            )
        return x[0], self.out_channels, height, width

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        (x,) = inputs
        weight = (self.out_channels, x[1] // self.groups, *self.kernel)
        specs = {"weight": ParamSpec(weight, Role.WEIGHT)}
        if self.bias:
            specs["bias"] = ParamSpec((self.out_channels,), Role.BIAS)
        return specs

    def macs(self, *inputs: Shape) -> int:
        _, _, height, width = self.infer_shape(*inputs)
        return height * width * math.prod(self.parameters(*inputs)["weight"].shape)

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.conv2d(
            inputs[0],
            params["weight"],
            params.get("bias"),
            self.stride,
            self.pad,
            self.dilation,
            self.groups,
        )

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.Conv2d(
            inputs[0][1],
            self.out_channels,
            self.kernel,
            stride=self.stride,
            padding=self.pad,
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias,
        )

    def features(self) -> OpFeatures:
        return OpFeatures(
            kind="conv2d",
            kernel=self.kernel,
            stride=max(self.stride),
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias,
        )
