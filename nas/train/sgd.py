"""One step of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.errors import TrainingError
from nas.train.device import autocast

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.train.train import TrainConfig


class Sgd:
    """Takes steps of SGD with Nesterov momentum, label smoothing and clipped gradients.

    Args:
        module: Trained in place; parameters that need no gradient are left alone.
        config: Rates.
        device: Where the module is.
    """

    def __init__(self, module: nn.Module, config: TrainConfig, device: torch.device) -> None:
        self._module = module
        self._config = config
        self._device = device
        self.optimiser = torch.optim.SGD(
            module.parameters(),
            lr=config.lr,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
            nesterov=config.momentum > 0,
        )

    def step(self, images: Tensor, labels: Tensor, rate: float, *, where: str) -> float:
        """Learn from one batch.

        Args:
            images: Normalised.
            labels: Class indices.
            rate: Factor of the peak learning rate.
            where: What an error says about the place in the training (``"epoch 3"``).

        Returns:
            The loss before the step.

        Raises:
            TrainingError: The loss is no longer finite.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = self._config.lr * rate
        images = images.contiguous(memory_format=torch.channels_last)
        with autocast(self._device, self._config.precision):
            loss = F.cross_entropy(
                self._module(images).float(), labels, label_smoothing=self._config.label_smoothing
            )
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(f"the loss is {value} in {where}", hint="Lower the learning rate.")
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._module.parameters(), self._config.clip)
        self.optimiser.step()
        return value
