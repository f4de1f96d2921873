"""Run a model without torch's current settings and without wrappers."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

_WRAPPERS = {
    "DataParallel": "module",
    "DistributedDataParallel": "module",
    "OptimizedModule": "_orig_mod",
}
"""Wrapper classes of torch, and their attribute for the wrapped module."""

_COMPUTING = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def unwrapped(model: nn.Module) -> nn.Module:
    """The module inside of torch.compile or multi-device wrappers; others are unchanged.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> unwrapped(nn.DataParallel(layer)) is layer
        True
    """
    while type(model).__name__ in _WRAPPERS and type(model).__module__.startswith("torch."):
        model = model.get_submodule(_WRAPPERS[type(model).__name__])
    return model


@contextmanager
def plain_surroundings(model: nn.Module, *, inference: bool = False) -> Iterator[None]:
    """Reset torch to its defaults for the block, adapted to a model.

    Inference mode, autocast and compilation are off. New tensors are on the model's device, in
    float64 for a float64 model and in float32 for others.

    Args:
        model: The model to run.
        inference: Whether inference mode is on; tensors made in it can be written only there.
    """
    own = next(model.parameters(), None)
    place = torch.device("cpu") if own is None else own.device
    usual = torch.float64 if dtype_of(model) is torch.float64 else torch.float32
    default, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(inference))
        stack.enter_context(torch.set_grad_enabled(gradients))  # which the line above resets
        for kind in {"cpu", place.type} - {"meta"}:
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type not in ("cpu", place.type):
            stack.enter_context(place)
        if "torch._dynamo" in sys.modules:  # without it nothing is compiled
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        torch.set_default_dtype(usual)
        try:
            yield
        finally:
            torch.set_default_dtype(default)


def dtype_of(model: nn.Module) -> torch.dtype | None:
    """The one data type a model computes in; None if it has several or none."""
    found = {parameter.dtype for parameter in model.parameters()}
    computing = {dtype for dtype in found if dtype.is_floating_point}
    return next(iter(computing)) if len(computing) == 1 and computing <= {*_COMPUTING} else None


def tensor_like(model: nn.Module) -> Tensor:
    """A tensor with the data type and device of a model's inputs: its first weight."""
    weights = (p for p in model.parameters() if p.dtype.is_floating_point)
    return next(weights, torch.zeros(()))


def as_taken(model: nn.Module, x: Tensor) -> Tensor:
    """An input in the data type the model computes in."""
    dtype = dtype_of(model)
    return x if dtype is None or not x.is_floating_point() else x.to(dtype)


def has_inference_tensors(model: nn.Module) -> bool:
    """Whether a model was made in inference mode, so that it can be changed only there."""
    tensors = (*model.parameters(), *model.buffers())
    return any(tensor.is_inference() for tensor in tensors)
