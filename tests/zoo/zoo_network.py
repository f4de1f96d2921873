"""A network of the zoo and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

Inputs = tuple["Tensor", ...]


@dataclass(frozen=True)
class ZooNetwork:
    """How to build a network and how to call it.

    Attributes:
        name: Unique in the zoo.
        build: Makes the network.
        inputs: Inputs of a given size, the number of samples for most networks.
        params: Number of parameters in the literature or in its authors' code.
        unused: Names of modules and parameters that evaluation does not reach.
        opaque: Names of modules that cannot be read.
        kept: Names of what is not learned.
        auxiliary: Whether in training mode it has further outputs, which the import keeps.
        fixed: Whether its import holds for one size of inputs only, a size being computed from
            numbers.
        slow: Whether importing and running it takes more than a few seconds.
    """

    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[int], Inputs]
    params: int | None = None
    unused: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    auxiliary: bool = False
    fixed: bool = False
    slow: bool = False

    def model(self) -> nn.Module:
        """The network for evaluation, the same at every call, no parameter or buffer trivial."""
        torch.manual_seed(0)
        model = self.build()
        shake(model)
        return model.eval()

    def __str__(self) -> str:
        return self.name


def images(*shape: int) -> Callable[[int], Inputs]:
    """Batches of one random input (B, \\*shape)."""

    def inputs(size: int) -> Inputs:
        return (torch.randn(size, *shape, generator=torch.Generator().manual_seed(size)),)

    return inputs


@torch.no_grad()
def shake(model: nn.Module) -> None:
    """Move parameters and statistics that start at 0 or 1, so that mixing them up shows.

    Scales, shifts and statistics of norms, residual branches that start at zero.
    """
    for parameter in model.parameters():
        if parameter.is_floating_point() and is_constant(parameter):
            parameter.add_(0.1 * torch.randn_like(parameter))
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            buffer.add_(0.1 * torch.randn_like(buffer))
        elif name.endswith("running_var"):
            buffer.mul_(torch.empty_like(buffer).uniform_(0.8, 1.2))


def is_constant(tensor: Tensor) -> bool:
    return tensor.numel() > 0 and bool((tensor == tensor.flatten()[0]).all())
