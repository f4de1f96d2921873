"""Devices, and the precision and memory layout for each."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch import fx

from nas.errors import ConfigError, DeviceError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.task.batch import Inputs

PRECISIONS = ("auto", "fp32", "bf16")


def resolve_device(name: str) -> torch.device:
    """``auto`` (CUDA if there is one), ``cpu``, ``cuda`` or ``cuda:<index>`` as a device.

    Raises:
        DeviceError: The name is malformed, or the machine has no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if not re.fullmatch(r"cpu|cuda(:[0-9]+)?", name):
        raise DeviceError(f"unknown device {name!r}; expected auto, cpu, cuda or cuda:<index>")
    kind, _, index = name.partition(":")
    count = torch.cuda.device_count()
    if kind == "cuda" and int(index or 0) >= count:
        raise DeviceError(
            f"device {name!r} was asked for, but torch {torch.__version__} sees "
            f"{count or 'no'} CUDA device{'s' * (count > 1)}",
            hint="Use --device cpu, or install a CUDA build of torch.",
        )
    return torch.device(name)


def check_precision(name: str) -> None:
    """Raise unless a precision is known.

    Raises:
        ConfigError: It is not.
    """
    if name not in PRECISIONS:
        raise ConfigError(f"unknown precision {name!r}; expected {', '.join(PRECISIONS)}")


def autocast(device: torch.device, precision: str = "auto") -> AbstractContextManager[None]:
    """bfloat16 arithmetic where it is faster: ``auto`` means on CUDA only.

    Raises:
        ConfigError: The precision is unknown.
    """
    check_precision(precision)
    if precision == "fp32" or (precision == "auto" and device.type == "cpu"):
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def channels_last(inputs: Inputs) -> Inputs:
    """Inputs of a network, images in the memory layout in which convolutions are fastest."""
    return tuple(
        x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x for x in inputs
    )


def channels_last_for(network: nn.Module, inputs: Inputs) -> Inputs:
    """Inputs in the layout of a network's weights.

    A user's module may depend on the memory order of images, unlike a compiled graph.
    """
    if isinstance(network, fx.GraphModule) or any(map(_is_laid_out, network.parameters())):
        return channels_last(inputs)
    # a copy: with one channel, an image in channels-last layout passes for contiguous
    return tuple(
        x.clone(memory_format=torch.contiguous_format) if x.dim() == 4 else x for x in inputs
    )


def _is_laid_out(weight: Tensor) -> bool:
    last = torch.channels_last
    return (
        weight.dim() == 4
        and weight.is_contiguous(memory_format=last)
        and not weight.is_contiguous()
    )
