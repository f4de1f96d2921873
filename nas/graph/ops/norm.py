"""Normalisation layers, always with a learned scale."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

import torch
import torch.nn.functional as F
from torch import nn

from nas.errors import ShapeError
from nas.graph.op import Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_real, check_whole
from nas.graph.ops.window import spatial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

_INSTANCE_NORMS: dict[int, Callable[..., nn.Module]] = {
    1: nn.InstanceNorm1d,
    2: nn.InstanceNorm2d,
    3: nn.InstanceNorm3d,
}
_SMALLEST = torch.finfo(torch.float32).tiny


class Norm(Op):
    """A normalisation with learned vectors over the channels; the shape is kept."""

    learned: ClassVar[dict[str, Role]] = {"weight": Role.SCALE, "bias": Role.SHIFT}
    """The vectors by name."""

    @abstractmethod
    def channels(self, x: Shape) -> int:
        """Length of the learned vectors.

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
        return {name: ParamSpec(channels, role) for name, role in self.learned.items()}

    @final
    def macs(self, *inputs: Shape) -> int:
        return 0


class BatchNorm(Norm):
    """Batch normalisation, Ioffe & Szegedy 2015.

    ``forward`` normalises with ``running_mean`` and ``running_var`` where the parameters hold
    them, and with the statistics of the batch otherwise.
    """

    dims: ClassVar[tuple[int, ...]]
    """Accepted numbers of spatial dimensions."""
    layer: ClassVar[type[nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d]]

    eps: float
    momentum: float

    def __post_init__(self) -> None:
        check_real(self, "eps", 0, math.inf)
        check_real(self, "momentum", 0, math.inf)

    @final
    def channels(self, x: Shape) -> int:
        return spatial(x, *self.dims)[1]

    @final
    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        mean, var = params.get("running_mean"), params.get("running_var")
        weight, bias = params["weight"], params["bias"]
        return F.batch_norm(inputs[0], mean, var, weight, bias, mean is None, 0.0, self._eps)

    @final
    def module(self, *inputs: Shape) -> nn.Module:
        return self.layer(inputs[0][1], eps=self._eps, momentum=self.momentum)

    @final
    def features(self) -> OpFeatures:
        return OpFeatures(kind="batch_norm2d")

    @property
    def _eps(self) -> float:
        """Torch accepts no eps of 0 in training; this value changes no variance except 0."""
        return self.eps or _SMALLEST


@operation("batch_norm1d")
@dataclass(frozen=True, kw_only=True)
class BatchNorm1d(BatchNorm):
    """Batch normalisation of (B, C) or (B, C, T), see :class:`BatchNorm`."""

    dims: ClassVar[tuple[int, ...]] = (0, 1)
    layer: ClassVar[type[nn.BatchNorm1d]] = nn.BatchNorm1d

    eps: float = 1e-5
    momentum: float = 0.1


@operation("batch_norm2d")
@dataclass(frozen=True, kw_only=True)
class BatchNorm2d(BatchNorm):
    """Batch normalisation of (B, C, H, W), see :class:`BatchNorm`."""

    dims: ClassVar[tuple[int, ...]] = (2,)
    layer: ClassVar[type[nn.BatchNorm2d]] = nn.BatchNorm2d

    eps: float = 1e-5
    momentum: float = 0.1


@operation("batch_norm3d")
@dataclass(frozen=True, kw_only=True)
class BatchNorm3d(BatchNorm):
    """Batch normalisation of (B, C, D, H, W), see :class:`BatchNorm`."""

    dims: ClassVar[tuple[int, ...]] = (3,)
    layer: ClassVar[type[nn.BatchNorm3d]] = nn.BatchNorm3d

    eps: float = 1e-5
    momentum: float = 0.1


@operation("group_norm")
@dataclass(frozen=True, kw_only=True)
class GroupNorm(Norm):
    """Group normalisation of (B, C, ...), Wu & He 2018."""

    groups: int
    eps: float = 1e-5

    def __post_init__(self) -> None:
        check_whole(self, "groups")
        check_real(self, "eps", 0, math.inf)

    def channels(self, x: Shape) -> int:
        if x[1] % self.groups:
            raise ShapeError(f"expected channels divisible by groups={self.groups}, got {x[1]}")
        return x[1]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.group_norm(inputs[0], self.groups, params["weight"], params["bias"], self.eps)

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.GroupNorm(self.groups, inputs[0][1], eps=self.eps)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="group_norm", groups=self.groups)


@operation("instance_norm")
@dataclass(frozen=True, kw_only=True)
class InstanceNorm(Norm):
    """Normalisation of each channel of each sample, (B, C, ...), Ulyanov et al. 2016."""

    eps: float = 1e-5

    def __post_init__(self) -> None:
        check_real(self, "eps", 0, math.inf)

    def channels(self, x: Shape) -> int:
        if math.prod(spatial(x, 1, 2, 3)[2:]) == 1:
            raise ShapeError(f"expected several positions to normalise over, got {x}")
        return x[1]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.instance_norm(
            inputs[0], weight=params["weight"], bias=params["bias"], eps=self.eps
        )

    def module(self, *inputs: Shape) -> nn.Module:
        x = inputs[0]
        return _INSTANCE_NORMS[len(x) - 2](x[1], eps=self.eps, affine=True)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="group_norm")


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

    def features(self) -> OpFeatures:
        return OpFeatures(kind="layer_norm")


@operation("rms_norm")
@dataclass(frozen=True, kw_only=True)
class RMSNorm(Norm):
    """Division by the root mean square of the last dimension of (B, ..., C).

    There is a scale and no shift, Zhang & Sennrich 2019.
    """

    learned: ClassVar[dict[str, Role]] = {"weight": Role.SCALE}

    eps: float = 1e-6

    def __post_init__(self) -> None:
        check_real(self, "eps", 0, math.inf)

    def channels(self, x: Shape) -> int:
        return x[-1]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        weight = params["weight"]
        return F.rms_norm(inputs[0], weight.shape, weight, self.eps)

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.RMSNorm(inputs[0][-1], eps=self.eps)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="layer_norm")
