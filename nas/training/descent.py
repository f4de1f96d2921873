"""One step of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from nas.errors import TrainingError
from nas.modules.classifier import first_tensor
from nas.training.device import autocast, channels_last_for
from nas.training.methods.optimiser import make_optimiser
from nas.training.safe_convolution import safe_convolutions

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.task.batch import Batch
    from nas.task.kind import TaskKind
    from nas.training.config import TrainConfig
    from nas.training.methods.loss import Loss


class Descent:
    """Takes optimiser steps on the loss of a network, with gradient clipping.

    Args:
        module: Trained in place; parameters that require no gradient are not changed.
        config: Optimiser and rates.
        kind: Kind of task; it defines the loss.
        device: Device of the module.
        loss: Of outputs and a batch; that of the kind, with label smoothing, if None.
    """

    def __init__(
        self,
        module: nn.Module,
        config: TrainConfig,
        kind: TaskKind,
        device: torch.device,
        *,
        loss: Loss | None = None,
    ) -> None:
        self._module = module
        self._config = config
        self._loss = loss or _usual(kind, config)
        self._device = device
        self.optimiser = make_optimiser(module, config)

    def step(self, batch: Batch, rate: float, *, where: str) -> float:
        """Train on one batch.

        Args:
            batch: Normalised; unlabelled rows are ignored.
            rate: Factor of the peak learning rate.
            where: Place in the training for error messages (``"epoch 3"``).

        Returns:
            The loss before the step.

        Raises:
            TrainingError: The loss is no longer finite.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = self._config.lr * rate
        with (
            autocast(self._device, self._config.precision),
            safe_convolutions(self._device),
        ):
            outputs = self._module(*channels_last_for(self._module, batch.inputs))
            loss = self._loss(first_tensor(outputs).float(), batch)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(f"the loss is {value} in {where}", hint="Lower the learning rate.")
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._module.parameters(), self._config.clip)
        self.optimiser.step()
        return value


def _usual(kind: TaskKind, config: TrainConfig) -> Loss:
    def loss(outputs: Tensor, batch: Batch) -> Tensor:
        return kind.loss(outputs, batch.labels, config.label_smoothing)

    return loss
