"""Running statistics of the batch norms in a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from nas.modules.mode import evaluating

if TYPE_CHECKING:
    from torch import Tensor, nn


@torch.no_grad()
def measure_statistics(module: nn.Module, *inputs: Tensor) -> None:
    """Set the running statistics of every batch norm to those of its input, in one pass.

    Each norm measures the mean and the unbiased variance of its input, and normalises by the
    batch. A norm that runs several times takes the average. All other layers run in evaluation
    mode, so dropout does nothing.

    Args:
        module: Any module; its mode is restored.
        inputs: Arguments of one call, with several samples each.

    Example:
        >>> norm = torch.nn.BatchNorm1d(1)
        >>> measure_statistics(norm, torch.tensor([[1.0], [3.0]]))
        >>> norm.running_mean, norm.running_var
        (tensor([2.]), tensor([2.]))
    """
    norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
    tracking = [norm for norm in norms if norm.track_running_stats]
    before = [norm.momentum for norm in tracking]
    with evaluating(module):
        for norm in tracking:
            norm.reset_running_stats()
            norm.training, norm.momentum = True, None
        try:
            module(*inputs)
        finally:
            for norm, momentum in zip(tracking, before, strict=True):
                norm.momentum = momentum
