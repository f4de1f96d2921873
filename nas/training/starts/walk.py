"""One forward pass in which every layer gets its weights before it runs."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nas.modules.mode import evaluating
from nas.modules.outputs import tensors_in

if TYPE_CHECKING:
    from collections.abc import Iterator


class Visitor(Protocol):
    """Gives layers their weights."""

    def before(self, name: str, layer: nn.Module, x: Tensor) -> None:
        """Set the weights of a layer, given its first input."""

    def after(self, layer: nn.Module, output: Tensor) -> Tensor:
        """The output of a layer, whose weights may be scaled with it."""


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """While active, batch norms normalise by the batch and all else is in evaluation mode.

    Modes and buffers are as before afterwards.
    """
    buffers = [(buffer, buffer.clone()) for buffer in module.buffers()]
    with evaluating(module):
        for part in module.modules():
            if isinstance(part, _BatchNorm):
                part.training = True
        try:
            yield
        finally:
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)


@contextmanager
def contiguous(module: nn.Module) -> Iterator[None]:
    """While active, all parameters lie in memory in the order of their axes."""
    others = [p for p in module.parameters() if not p.is_contiguous()]
    layouts = [_layout(parameter) for parameter in others]
    for parameter in others:
        parameter.data = parameter.data.contiguous()
    try:
        yield
    finally:
        for parameter, layout in zip(others, layouts, strict=True):
            parameter.data = parameter.data.contiguous(memory_format=layout)


def _layout(parameter: Tensor) -> torch.memory_format:
    for axes, layout in ((4, torch.channels_last), (5, torch.channels_last_3d)):
        if parameter.dim() == axes and parameter.is_contiguous(memory_format=layout):
            return layout
    return torch.contiguous_format


@torch.no_grad()
def walk(module: nn.Module, inputs: tuple[Any, ...], visitor: Visitor) -> None:
    """Run a module once, and visit each layer with parameters of its own when it first runs.

    Args:
        module: Any module.
        inputs: Arguments of one call, with several samples each.
        visitor: Sees the layers in the order in which they run.
    """
    with undisturbed(module), ExitStack() as stack:
        seen: set[nn.Module] = set()
        for name, part in module.named_modules():
            if any(True for _ in part.parameters(recurse=False)):
                before = partial(_before, name, visitor, seen)
                after = partial(_after, visitor, seen)
                stack.callback(part.register_forward_pre_hook(before, with_kwargs=True).remove)
                stack.callback(part.register_forward_hook(after).remove)
        module(*inputs)


def _before(
    name: str,
    visitor: Visitor,
    seen: set[nn.Module],
    layer: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    given = tensors_in((*args, *kwargs.values()))
    if given and layer not in seen:
        visitor.before(name, layer, given[0])


def _after(
    visitor: Visitor, seen: set[nn.Module], layer: nn.Module, args: Any, output: Any
) -> Any:
    if layer in seen:
        return output
    seen.add(layer)
    if isinstance(output, Tensor):
        return visitor.after(layer, output)
    if isinstance(output, tuple) and output and isinstance(output[0], Tensor):
        return visitor.after(layer, output[0]), *output[1:]
    return output
