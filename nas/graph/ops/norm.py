"""Normalisation layers, always with a learned scale and shift."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch.nn.functional as F
from torch import nn

from nas.errors import ShapeError
from nas.graph.op import Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_real, check_whole
from nas.graph.ops.window import image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


class Norm(Op):
    """A normalisation with one scale and one shift for each channel; the shape is kept."""

    @abstractmethod
    def channels(self, x: Shape) -> int:
        """Length of the scale and the shift.

        Raises:
            ShapeError: An input of this shape cannot be normalised.
        """

    @final
    def infer_shape(self, *inputs: Shape) -> Shape:
        self.channels(inputs[0])
        return inputs[0]

    @final
    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        channels = (self.channels(inputs[0]),)
        return {
            "weight": ParamSpec(channels, Role.SCALE),
            "bias": ParamSpec(channels, Role.SHIFT),
        }

    @final
    def macs(self, *inputs: Shape) -> int:
        return 0

    def features(self) -> OpFeatures:
        return OpFeatures(kind=self.kind)


@operation("batch_norm2d")
@dataclass(frozen=True, kw_only=True)
class BatchNorm2d(Norm):
    """Batch normalisation of (B, C, H, W), Ioffe & Szegedy 2015.

    ``forward`` normalises with ``running_mean`` and ``running_var`` where the parameters hold
    them, and with the statistics of the batch otherwise.
    """

    eps: float = 1e-5
    momentum: float = 0.1

    def __post_init__(self) -> None:
        check_real(self, "eps", 0, math.inf)
        check_real(self, "momentum", 0, math.inf)

    def channels(self, x: Shape) -> int:
        return image(x)[1]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        mean, var = params.get("running_mean"), params.get("running_var")
        return F.batch_norm(
            inputs[0], mean, var, params["weight"], params["bias"], mean is None, 0.0, self.eps
        )

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.BatchNorm2d(inputs[0][1], eps=self.eps, momentum=self.momentum)


@operation("group_norm")
@dataclass(frozen=True, kw_only=True)
class GroupNorm(Norm):
    """Group normalisation of (B, C, H, W), Wu & He 2018."""

    groups: int
    eps: float = 1e-5

    def __post_init__(self) -> None:
        check_whole(self, "groups")
        check_real(self, "eps", 0, math.inf)

    def channels(self, x: Shape) -> int:
        if image(x)[1] % self.groups:
            raise ShapeError(f"expected channels divisible by groups={self.groups}, got {x[1]}")
        return x[1]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.group_norm(inputs[0], self.groups, params["weight"], params["bias"], self.eps)

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.GroupNorm(self.groups, inputs[0][1], eps=self.eps)

    def features(self) -> OpFeatures:
        return OpFeatures(kind=self.kind, groups=self.groups)


@operation("layer_norm")
@dataclass(frozen=True, kw_only=True)
class LayerNorm(Norm):
    """Layer normalisation over the last dimension of (B, ..., C), Ba et al. 2016."""

    eps: float = 1e-5

    def __post_init__(self) -> None:
        check_real(self, "eps", 0, math.inf)

    def channels(self, x: Shape) -> int:
        return x[-1]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        x = inputs[0]
        weight, bias = params["weight"], params["bias"]
        return F.layer_norm(x, weight.shape, weight, bias, self.eps)

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.LayerNorm(inputs[0][-1], eps=self.eps)
