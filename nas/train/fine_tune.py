"""A short training of any module."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

import torch

from nas.events import Listener, ignore, stage
from nas.modules.batch_statistics import measure_statistics
from nas.seeding import derive, generator
from nas.train.config import default_training
from nas.train.descent import Descent
from nas.train.evaluate import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from nas.data.dataset import Dataset
    from nas.task.batch import Batch
    from nas.train.config import TrainConfig

_CALIBRATION = 256
"""Training samples for measuring the statistics of batch norms."""


@dataclass(frozen=True)
class FineTuned:
    """Accuracy on the ranking split before and after a short training."""

    before: float
    after: float


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
    module.train()
    descent = Descent(module, config, kind, device)
    cuda = [device] if device.type == "cuda" else []
    with stage(listen, title, steps) as progress, torch.random.fork_rng(devices=cuda):
        torch.manual_seed(derive(seed, "dropout"))
        batches = islice(_batches(data, config.batch_size, seed), steps)
        for number, batch in enumerate(batches):
            loss = descent.step(batch, config.rate(number, steps), where=f"step {number + 1}")
            progress.advance(number + 1, loss=loss)
    return FineTuned(before, accuracy())


def _batches(data: Dataset, batch_size: int, seed: int) -> Iterator[Batch]:
    """Endless shuffled and augmented training batches, determined by the seed alone."""
    for epoch in count():
        draw = generator(seed, "epoch", epoch)
        for batch in data.train.batches(batch_size, draw, drop_last=True):
            yield data.task.traits.vary(batch, data.flip, draw)
