"""Fully connected layers of one input and of two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch.nn.functional as F
from torch import nn

from nas.errors import ShapeError
from nas.graph.op import Op, OpFeatures, ParamSpec, Role, operation
from nas.graph.ops.attribute import check_flag, check_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


@operation("linear")
@dataclass(frozen=True, kw_only=True)
class Linear(Op):
    """Fully connected layer: (B, ..., C) -> (B, ..., out_features).

    Attributes:
        out_features: Output features.
        bias: Whether a bias is added.
        head: Whether the outputs are class scores, one row of the weight for each class.
    """

    out_features: int
    bias: bool = True
    head: bool = False

    def __post_init__(self) -> None:
        check_whole(self, "out_features")
        check_flag(self, "bias", "head")

    def infer_shape(self, *inputs: Shape) -> Shape:
        return *inputs[0][:-1], self.out_features

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        weight, bias = (
            (Role.CLASS_WEIGHT, Role.CLASS_BIAS) if self.head else (Role.WEIGHT, Role.BIAS)
        )
        specs = {"weight": ParamSpec((self.out_features, inputs[0][-1]), weight)}
        if self.bias:
            specs["bias"] = ParamSpec((self.out_features,), bias)
        return specs

    def macs(self, *inputs: Shape) -> int:
        positions = 1
        for size in inputs[0][1:-1]:
            positions *= size
        return positions * inputs[0][-1] * self.out_features

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.linear(inputs[0], params["weight"], params.get("bias"))

    def module(self, *inputs: Shape) -> nn.Module:
        return nn.Linear(inputs[0][-1], self.out_features, bias=self.bias)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="head" if self.head else "linear", bias=self.bias)


@operation("bilinear")
@dataclass(frozen=True, kw_only=True)
class Bilinear(Op):
    """A quadratic form of two inputs for each output feature: y_k = x1ᵀ W_k x2 + b_k.

    (B, ..., C1), (B, ..., C2) -> (B, ..., out_features).

    Attributes:
        out_features: Output features.
        bias: Whether a bias is added.
    """

    arity: ClassVar[int | None] = 2

    out_features: int
    bias: bool = True

    def __post_init__(self) -> None:
        check_whole(self, "out_features")
        check_flag(self, "bias")

    def infer_shape(self, *inputs: Shape) -> Shape:
        first, second = inputs
        if first[:-1] != second[:-1]:
            raise ShapeError(
                f"expected inputs that differ in the last dimension only, got {first} and {second}"
            )
        return *first[:-1], self.out_features

    def parameters(self, *inputs: Shape) -> dict[str, ParamSpec]:
        first, second = inputs
        weight = (self.out_features, first[-1], second[-1])
        specs = {"weight": ParamSpec(weight, Role.WEIGHT)}
        if self.bias:
            specs["bias"] = ParamSpec((self.out_features,), Role.BIAS)
        return specs

    def macs(self, *inputs: Shape) -> int:
        """One for each entry of the weight at each position, as for all layers with weights."""
        first, second = inputs
        return math.prod(first[1:]) * second[-1] * self.out_features

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        first, second = inputs
        return F.bilinear(first, second, params["weight"], params.get("bias"))

    def module(self, *inputs: Shape) -> nn.Module:
        first, second = inputs
        return nn.Bilinear(first[-1], second[-1], self.out_features, bias=self.bias)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="linear", bias=self.bias)
