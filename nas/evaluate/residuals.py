"""True and predicted numbers of a regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nas.training.evaluate import outputs

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.data.dataset import Targets
    from nas.data.samples import Samples


_LEAST = 3
"""Samples for a standard error: two without one of them have a spread."""


@dataclass(frozen=True, eq=False)
class Residuals:
    """The targets of a split's samples and a network's predictions of them, in their units.

    Attributes:
        targets: The targets; their standard deviations make errors comparable.
        true: (n, targets).
        predicted: (n, targets).
    """

    targets: Targets
    true: Tensor
    predicted: Tensor

    @property
    def errors(self) -> Tensor:
        """What is predicted too much: (n, targets)."""
        return self.predicted - self.true

    @property
    def explained(self) -> list[float]:
        """R² of each target."""
        spread = (self.true - self.true.mean(0)).square().mean(0).clamp_min(1e-12)
        found: list[float] = (1 - self.errors.square().mean(0) / spread).tolist()
        return found

    @property
    def explained_error(self) -> list[float]:
        """Standard error of R² of each target, by the jackknife over samples."""
        count = len(self.true)
        if count < _LEAST:
            return [math.nan] * len(self.targets.names)
        errors, true = self.errors.double(), self.true.double()
        squares = errors.square().sum(0) - errors.square()  # (n, targets), each without one sample
        away = (true - true.mean(0)).square()
        spread = (away.sum(0) - away * count / (count - 1)).clamp_min(1e-12)  # likewise
        without = 1 - squares / spread
        found: list[float] = (without.std(0, correction=0) * math.sqrt(count - 1)).tolist()
        return found

    def worst(self, count: int) -> list[tuple[int, int]]:
        """The samples with the largest errors, each with the target that is missed most.

        Errors are compared in standard deviations of their targets.

        Args:
            count: Largest number of samples.
        """
        sizes = (self.errors / torch.tensor(self.targets.std)).abs()  # (n, targets)
        largest, target = sizes.max(1)  # (n,)
        order = largest.argsort(descending=True, stable=True)[:count]
        return list(zip(order.tolist(), target[order].tolist(), strict=True))


def residuals(
    module: nn.Module, targets: Targets, split: Samples, *, device: torch.device | str = "cpu"
) -> Residuals:
    """Compare the targets of a split with a network's predictions.

    Args:
        module: Maps samples to standardised targets (rows, targets).
        targets: The targets of the data set.
        split: Its samples.
        device: Device of the module.
    """
    mean, std = torch.tensor(targets.mean), torch.tensor(targets.std)  # (targets,)
    found = outputs(module, split, device=device)
    predicted, true = (values.cpu() * std + mean for values in found)  # (n, targets)
    return Residuals(targets, true, predicted)
