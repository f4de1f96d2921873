"""Element-wise non-linearities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch.nn.functional as F

from nas.errors import GraphError
from nas.graph.op import FreeOp, OpFeatures, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "elu": F.elu,
    "gelu": F.gelu,
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "leaky_relu": F.leaky_relu,
    "mish": F.mish,
    "relu": F.relu,
    "relu6": F.relu6,
    "sigmoid": F.sigmoid,
    "silu": F.silu,
    "softplus": F.softplus,
    "tanh": F.tanh,
}
ZERO_PRESERVING = frozenset(FUNCTIONS) - {"hardsigmoid", "sigmoid", "softplus"}
"""Functions with f(0) = 0."""


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

    def infer_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return FUNCTIONS[self.function](inputs[0])

    def features(self) -> OpFeatures:
        return OpFeatures(kind=self.function)
