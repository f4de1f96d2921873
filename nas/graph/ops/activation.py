"""Element-wise non-linearities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch.nn.functional as F
from torch import nn

from nas.errors import GraphError, ShapeError
from nas.graph.op import FreeOp, Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "celu": F.celu,
    "elu": F.elu,
    "gelu": F.gelu,
    "hardshrink": F.hardshrink,
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "hardtanh": F.hardtanh,
    "leaky_relu": F.leaky_relu,
    "logsigmoid": F.logsigmoid,
    "mish": F.mish,
    "relu": F.relu,
    "relu6": F.relu6,
    "selu": F.selu,
    "sigmoid": F.sigmoid,
    "silu": F.silu,
    "softplus": F.softplus,
    "softshrink": F.softshrink,
    "softsign": F.softsign,
    "tanh": F.tanh,
    "tanhshrink": F.tanhshrink,
}
"""Every element-wise function of torch that needs no constant and is not random."""

_NOT_ZERO_AT_ZERO = frozenset({"hardsigmoid", "logsigmoid", "sigmoid", "softplus"})
_TWO_SIDED = frozenset(
    {
        "hardshrink",
        "hardsigmoid",
        "hardtanh",
        "sigmoid",
        "softshrink",
        "softsign",
        "tanh",
        "tanhshrink",
    }
)
"""Functions that treat both sides of zero equally; the others are rectifiers or smooth."""


@operation("activation")
@dataclass(frozen=True, kw_only=True)
class Activation(FreeOp):
    """Element-wise non-linearity with torch's default constants; the shape is kept."""

    function: str

    def __post_init__(self) -> None:
        if self.function not in FUNCTIONS:
            raise GraphError(
                f"unknown activation {self.function!r}; expected one of {', '.join(FUNCTIONS)}"
            )
        object.__setattr__(self, "keeps_zero", self.function not in _NOT_ZERO_AT_ZERO)
        object.__setattr__(self, "is_rectifier", self.function not in _TWO_SIDED)

    def infer_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return FUNCTIONS[self.function](inputs[0])

    def features(self) -> OpFeatures:
        return OpFeatures(kind=self.function)


@operation("prelu")
@dataclass(frozen=True, kw_only=True)
class PReLU(Op):
    """Rectifier with learned slopes below zero, He et al. 2015; (B, C, ...) is kept.

    Attributes:
        channels: Number of slopes: 1 for one, or the input's channels for one each.
    """

    is_rectifier = True

    channels: int = 1

    def __post_init__(self) -> None:
        check_whole(self, "channels")

    def infer_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.channels not in (1, x[1]):
            raise ShapeError(f"expected channels=1 or channels={x[1]}, got {self.channels}")
        return x

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        return {"weight": ParamSpec((self.channels,), Role.SCALE)}

    def macs(self, *inputs: Shape) -> int:
        return 0

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.prelu(inputs[0], params["weight"])

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.PReLU(self.channels)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="prelu")
