"""Operations that move values without computing on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch.nn.functional as F

from nas.errors import ShapeError
from nas.graph.op import FreeOp, OpFeatures, operation
from nas.graph.ops.attribute import check_shape, check_whole
from nas.graph.ops.window import image, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


@operation("identity")
@dataclass(frozen=True, kw_only=True)
class Identity(FreeOp):
    """The input itself."""

    keeps_zero = True

    def infer_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return inputs[0]

    def features(self) -> OpFeatures:
        return OpFeatures(kind="identity")


@operation("zero")
@dataclass(frozen=True, kw_only=True)
class Zero(FreeOp):
    """Zeros of a given shape for each sample; the input determines only the batch size.

    Attributes:
        shape: Shape without the batch dimension.
    """

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        check_shape(self, "shape")

    def infer_shape(self, *inputs: Shape) -> Shape:
        return inputs[0][0], *self.shape

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        x = inputs[0]
        return x.new_zeros((x.shape[0], *self.shape))

    def features(self) -> OpFeatures:
        return OpFeatures(kind="zero")


@operation("flatten")
@dataclass(frozen=True, kw_only=True)
class Flatten(FreeOp):
    """All dimensions but the batch in one: (B, C, H, W) -> (B, C*H*W)."""

    keeps_zero = True

    def infer_shape(self, *inputs: Shape) -> Shape:
        return inputs[0][0], math.prod(inputs[0][1:])

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return inputs[0].flatten(1)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="flatten")


@operation("shift2d")
@dataclass(frozen=True, kw_only=True)
class Shift2d(FreeOp):
    """The image moved one pixel up and left, padded with zeros; (B, C, H, W) is kept.

    A factorised reduction applies it before its second stride-2 convolution, which then samples
    the other grid (Zoph et al. 2018, as implemented in TF-slim ``factorized_reduction``).
    """

    keeps_zero = True

    def infer_shape(self, *inputs: Shape) -> Shape:
        return image(inputs[0])

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.pad(inputs[0], (-1, 1, -1, 1))

    def features(self) -> OpFeatures:
        return OpFeatures(kind="shift2d")


@operation("tokens")
@dataclass(frozen=True, kw_only=True)
class Tokens(FreeOp):
    """The pixels of an image as tokens, row by row: (B, C, H, W) -> (B, H*W, C)."""

    keeps_zero = True

    def infer_shape(self, *inputs: Shape) -> Shape:
        batch, channels, height, width = image(inputs[0])
        return batch, height * width, channels

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return inputs[0].flatten(2).transpose(1, 2)

    def features(self) -> OpFeatures:
        return OpFeatures(kind="reshape")


@operation("image")
@dataclass(frozen=True, kw_only=True)
class Image(FreeOp):
    """Tokens as the pixels of an image, row by row: (B, T, C) -> (B, C, height, T/height).

    Attributes:
        height: Number of rows, which divides the number of tokens.
    """

    keeps_zero = True

    height: int

    def __post_init__(self) -> None:
        check_whole(self, "height")

    def infer_shape(self, *inputs: Shape) -> Shape:
        batch, length, channels = tokens(inputs[0])
        if length % self.height:
            raise ShapeError(
                f"expected a number of tokens divisible by height={self.height}, got {length}"
            )
        return batch, channels, self.height, length // self.height

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        pixels: Tensor = inputs[0].transpose(1, 2).unflatten(2, (self.height, -1))
        return pixels

    def features(self) -> OpFeatures:
        return OpFeatures(kind="reshape")
