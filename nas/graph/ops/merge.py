"""Operations that join several values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from nas.errors import ShapeError
from nas.graph.op import FreeOp, OpFeatures, operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


@operation("add")
@dataclass(frozen=True, kw_only=True)
class Add(FreeOp):
    """Sum of one or more equal shapes."""

    keeps_zero = True

    arity: ClassVar[int | None] = None
    commutative: ClassVar[bool] = True

    def infer_shape(self, *inputs: Shape) -> Shape:
        if len(set(inputs)) > 1:
            raise ShapeError(
                f"expected equal inputs, got {' and '.join(map(str, inputs))}",
                hint="Match channels with a 1x1 conv2d and the resolution with a stride.",
            )
        return inputs[0]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total

    def features(self) -> OpFeatures:
        return OpFeatures(kind="add")


@operation("mul")
@dataclass(frozen=True, kw_only=True)
class Mul(FreeOp):
    """Product of two values that broadcast, such as a feature map and its channel gates."""

    any_zero = True

    arity: ClassVar[int | None] = 2
    commutative: ClassVar[bool] = True

    def infer_shape(self, *inputs: Shape) -> Shape:
        try:
            return tuple(torch.broadcast_shapes(*inputs))
        except RuntimeError:
            raise ShapeError(
                f"expected shapes that broadcast, got {inputs[0]} and {inputs[1]}"
            ) from None

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return inputs[0] * inputs[1]

    def features(self) -> OpFeatures:
        return OpFeatures(kind="mul")


@operation("concat")
@dataclass(frozen=True, kw_only=True)
class Concat(FreeOp):
    """Concatenation along the channels: (B, C1, ...), (B, C2, ...) -> (B, C1 + C2, ...)."""

    keeps_zero = True

    arity: ClassVar[int | None] = None

    def infer_shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        if len({(x[0], *x[2:]) for x in inputs}) > 1:
            raise ShapeError(
                "expected inputs that differ in channels only, "
                f"got {' and '.join(map(str, inputs))}",
                hint="Match the resolution with a stride.",
            )
        return first[0], sum(x[1] for x in inputs), *first[2:]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, 1)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="concat")
