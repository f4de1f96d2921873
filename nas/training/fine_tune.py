"""A short training of any module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nas.events import Listener, ignore
from nas.modules.batch_statistics import measure_statistics
from nas.training.config import default_training
from nas.training.evaluate import evaluate
from nas.training.short_training import descend

if TYPE_CHECKING:
    from torch import nn

    from nas.data.dataset import Dataset
    from nas.training.config import TrainConfig

_CALIBRATION = 256
"""Training samples for measuring the statistics of batch norms."""


@dataclass(frozen=True)
class FineTuned:
    """A short training.

    Attributes:
        before: Accuracy on the ranking split before it.
        after: Accuracy on the ranking split after it.
        lr: Its peak learning rate.
    """

    before: float
    after: float
    lr: float


def fine_tune(
    module: nn.Module,
    data: Dataset,
    steps: int,
    *,
    config: TrainConfig | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
    title: str = "fine-tune",
) -> FineTuned:
    """Train a module for some steps with a complete learning-rate schedule.

    Both accuracies use batch statistics measured on training samples: running averages over few
    steps are still close to their initial values.

    Args:
        module: Maps samples of the data to class scores (see
            :class:`nas.modules.classifier.Classifier`); it is trained in place, except frozen
            parameters, and left in evaluation mode.
        data: Data set for training and evaluation.
        steps: Batches.
        config: As for a training, except ``epochs`` and ``keep``; the task's defaults if None.
        seed: Seed of the order of the samples, augmentation and dropout.
        device: Device of the module.
        listen: Receives the events of every step.
        title: Name of the stage.

    Raises:
        TrainingError: The loss is no longer finite.
    """
    config, device = config or default_training(data.task, epochs=1), torch.device(device)
    data, kind = data.to(device), data.task.traits
    calibration = data.train.spread(_CALIBRATION).whole()

    def accuracy() -> float:
        measure_statistics(module, *calibration.inputs)
        return evaluate(module, data.val, kind, device=device, precision=config.precision).accuracy

    before = accuracy()
    descend(
        module,
        data,
        steps,
        config=config,
        seed=seed,
        device=device,
        listen=listen,
        title=title,
    )
    return FineTuned(before, accuracy(), config.lr)
