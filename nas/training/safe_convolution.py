"""Replacements for convolutions that oneDNN computes wrongly."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

_CONVOLUTIONS = frozenset(
    {
        torch.conv1d,
        torch.conv2d,
        torch.conv3d,
        torch.ops.aten.conv1d.default,
        torch.ops.aten.conv2d.default,
        torch.ops.aten.conv3d.default,
    }
)
_FEW = 32
"""Number of channels that fills a vector register in every precision."""


def safe_convolutions(device: torch.device) -> AbstractContextManager[object]:
    """While active, strided pointwise convolutions of few channels are safe to differentiate.

    On a CPU, oneDNN 3.12 writes beyond a buffer in the backward pass of the weights of such
    convolutions (kernel 1, stride 2 in any dimension, no padding, one group) where images or
    weights are in channels-last layout: with 2 to 7 input channels on processors with AVX2, with
    2 to 15 on those with AVX-512, on maps from about 50 pixels. The process then crashes, or
    continues with corrupt memory. Subsampling the input before a convolution of stride 1 computes
    the same function, and is faster than giving up the layout. Forward passes are correct.

    Args:
        device: Device of the network.
    """
    return _Subsampling() if device.type == "cpu" else nullcontext()


class _Subsampling(TorchFunctionMode):
    """Subsamples positions before a convolution instead of in it."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func in _CONVOLUTIONS:
            return _convolution(func, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _convolution(
    func: Callable[..., Tensor],
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution; a strided pointwise one of few channels runs at stride 1.

    In plain layout it is not changed. Networks that recompute parts in the backward pass need the
    plain layout, because the recomputation runs outside this mode.
    """
    window = weight.shape[2:]
    strides = _each(stride, len(window))
    pointwise = window.numel() == 1 and (
        padding == "valid" or not any(_each(padding, len(window)))
    )
    plain = input.is_contiguous() and weight.is_contiguous()
    if pointwise and max(strides) > 1 and weight.shape[1] < _FEW and not plain:
        places: tuple[Any, ...] = (..., *(slice(None, None, step) for step in strides))
        input, stride = input[places], 1
    return func(input, weight, bias, stride, padding, dilation, groups)


def _each(sizes: str | int | Sequence[int], count: int) -> tuple[Any, ...]:
    if isinstance(sizes, int):
        return (sizes,) * count
    return tuple(sizes) * (count if len(sizes) == 1 else 1)
