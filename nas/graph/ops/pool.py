"""Spatial pooling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

import torch.nn.functional as F

from nas.errors import GraphError
from nas.graph.op import FreeOp, OpFeatures, operation
from nas.graph.ops.attribute import check_pair, check_whole
from nas.graph.ops.window import Pair, WindowSizes, image, pair, same_padding, slide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.tensor_spec import Shape


class WindowPool(FreeOp):
    """Pooling over a sliding window: (B, C, H, W) -> (B, C, H', W')."""

    keeps_zero = True
    is_pool = True
    slides = True

    kernel: Pair
    stride: int
    padding: Pair | None

    def __post_init__(self) -> None:
        check_pair(self, "kernel")
        check_whole(self, "stride")
        if self.padding is not None:
            check_pair(self, "padding", least=0)
            if any(2 * pad > size for pad, size in zip(self.padding, self.kernel, strict=True)):
                raise GraphError(
                    f"{self.kind}: padding must be at most half of the kernel {self.kernel}, "
                    f"got {self.padding}"
                )
            if self.padding == same_padding(self.kernel, 1):
                object.__setattr__(self, "padding", None)

    @final
    @cached_property
    def pad(self) -> WindowSizes:
        """The effective padding, in pixels (height, width)."""
        return same_padding(self.kernel, 1) if self.padding is None else self.padding

    @final
    def infer_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return *x[:2], *slide(x, self.kernel, pair(self.stride), self.pad)

    @final
    def features(self) -> OpFeatures:
        return OpFeatures(kind=self.kind, kernel=self.kernel, stride=self.stride)


@operation("max_pool2d")
@dataclass(frozen=True, kw_only=True)
class MaxPool2d(WindowPool):
    """Maximum over a window; ``padding=None`` keeps the size at stride 1."""

    kernel: Pair = (3, 3)
    stride: int = 1
    padding: Pair | None = None

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.max_pool2d(inputs[0], self.kernel, self.stride, self.pad)


@operation("avg_pool2d")
@dataclass(frozen=True, kw_only=True)
class AvgPool2d(WindowPool):
    """Mean over a window, without the padding; ``padding=None`` keeps the size at stride 1."""

    kernel: Pair = (3, 3)
    stride: int = 1
    padding: Pair | None = None

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.avg_pool2d(inputs[0], self.kernel, self.stride, self.pad, count_include_pad=False)


class AdaptivePool(FreeOp):
    """Pooling to a fixed output size: (B, C, H, W) -> (B, C, size, size)."""

    keeps_zero = True
    is_pool = True

    size: int

    def __post_init__(self) -> None:
        check_whole(self, "size")

    @final
    def infer_shape(self, *inputs: Shape) -> Shape:
        return *image(inputs[0])[:2], self.size, self.size

    @final
    def features(self) -> OpFeatures:
        return OpFeatures(kind=self.kind)


@operation("adaptive_avg_pool2d")
@dataclass(frozen=True, kw_only=True)
class AdaptiveAvgPool2d(AdaptivePool):
    """Mean over equal parts of the image; ``size=1`` is global average pooling."""

    size: int = 1

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(inputs[0], self.size)


@operation("adaptive_max_pool2d")
@dataclass(frozen=True, kw_only=True)
class AdaptiveMaxPool2d(AdaptivePool):
    """Maximum over equal parts of the image; ``size=1`` is global max pooling."""

    size: int = 1

    def forward(self, params: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
        return F.adaptive_max_pool2d(inputs[0], self.size)
