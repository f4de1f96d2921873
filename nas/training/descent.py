"""One step of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from nas.errors import TrainingError
from nas.modules.classifier import first_tensor
from nas.task.batch import halves, labelled
from nas.training.device import autocast, channels_last_for
from nas.training.memory import NO_MEMORY, is_lack_of_memory
from nas.training.methods.optimiser import make_optimiser
from nas.training.safe_convolution import safe_convolutions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from nas.task.batch import Batch
    from nas.task.kind import TaskKind
    from nas.training.config import TrainConfig
    from nas.training.methods.loss import Loss


_LEAST = 4
"""Samples of the smallest batch that is halved: a batch norm needs two of them."""


class Descent:
    """Takes optimiser steps on the loss of a network, with gradient clipping.

    Where the memory does not suffice for a batch, this and all later ones are taken in two halves
    whose gradients add up; batch norms then see half of the samples. The statistics of the attempt
    that failed are forgotten.

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
        self._can_halve = not kind.on_graph
        self._is_halved = False
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
            TrainingError: The loss is no longer finite, or the memory does not suffice.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = self._config.lr * rate
        before = {} if self._is_halved else self._statistics()
        value = self._descended(batch, where)
        if value is None:  # outside of the error, which keeps tensors alive
            self._is_halved = True
            self._restore(before)
            value = self._descended(batch, where)
        torch.nn.utils.clip_grad_norm_(self._module.parameters(), self._config.clip)
        self.optimiser.step()
        assert value is not None
        return value

    def _statistics(self) -> dict[str, Tensor]:
        """The module's buffers, such as the running statistics of batch norms."""
        return {name: one.detach().clone() for name, one in self._module.named_buffers()}

    @torch.no_grad()
    def _restore(self, statistics: Mapping[str, Tensor]) -> None:
        """Take statistics back; buffers that a forward pass makes or resizes are none."""
        for name, buffer in self._module.named_buffers():
            known = statistics.get(name)
            if known is not None and known.shape == buffer.shape:
                buffer.copy_(known)

    def _descended(self, batch: Batch, where: str) -> float | None:
        """The loss, with its gradients; None if a half of the batch is to be tried.

        Raises:
            TrainingError: The loss is no longer finite, or the memory does not suffice.
        """
        can_halve = self._can_halve and len(batch.labels) >= _LEAST
        parts = halves(batch) if self._is_halved and can_halve else (batch,)
        rows = [int(labelled(part.labels).sum()) for part in parts]
        self.optimiser.zero_grad()
        try:
            return sum(
                self._gradients(part, count / max(1, sum(rows)), where)
                for part, count in zip(parts, rows, strict=True)
                if count or len(parts) == 1
            )
        except (MemoryError, RuntimeError) as error:
            if not is_lack_of_memory(error):
                raise
            if self._is_halved or not can_halve:
                tried = ", even for half a batch at once" if can_halve else ""
                raise TrainingError(
                    f"{NO_MEMORY}{tried}", hint="Take a smaller network, or smaller batches."
                ) from None
            return None

    def _gradients(self, batch: Batch, share: float, where: str) -> float:
        """Add a share of the loss's gradients; returns the share of the loss."""
        with (
            autocast(self._device, self._config.precision),
            safe_convolutions(self._device),
        ):
            outputs = self._module(*channels_last_for(self._module, batch.inputs))
            loss = self._loss(first_tensor(outputs).float(), batch)
        value = loss.item()
        if not math.isfinite(value):
            raise TrainingError(f"the loss is {value} in {where}", hint="Lower the learning rate.")
        (loss if share in (0, 1) else share * loss).backward()
        return value if share in (0, 1) else share * value


def _usual(kind: TaskKind, config: TrainConfig) -> Loss:
    def loss(outputs: Tensor, batch: Batch) -> Tensor:
        return kind.loss(outputs, batch.labels, config.label_smoothing)

    return loss
