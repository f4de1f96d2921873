"""Some steps of training from whatever weights a module has."""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING

import torch

from nas.events import Listener, ignore, stage
from nas.seeding import derive, generator
from nas.training.descent import Descent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from nas.data.dataset import Dataset
    from nas.task.batch import Batch
    from nas.training.config import TrainConfig


def descend(
    module: nn.Module,
    data: Dataset,
    steps: int,
    *,
    config: TrainConfig,
    seed: int,
    device: torch.device,
    listen: Listener = ignore,
    title: str = "train",
) -> None:
    """Train a module for some steps with a complete learning-rate schedule.

    Args:
        module: It is trained in place, except frozen parameters, and left in training mode.
        data: On the device; only its training split is read.
        steps: Batches.
        config: Batch size and rates.
        seed: Seed of the order of the samples, augmentation and dropout.
        device: Device of the module.
        listen: Receives the events of every step.
        title: Name of the stage.

    Raises:
        TrainingError: The loss is no longer finite.
    """
    module.train()
    descent = Descent(module, config, data.task.traits, device)
    cuda = [device] if device.type == "cuda" else []
    with stage(listen, title, steps) as progress, torch.random.fork_rng(devices=cuda):
        torch.manual_seed(derive(seed, "dropout"))
        batches = islice(_batches(data, config.batch_size, seed), steps)
        for number, batch in enumerate(batches):
            loss = descent.step(batch, config.rate(number, steps), where=f"step {number + 1}")
            progress.advance(number + 1, loss=loss)


def _batches(data: Dataset, batch_size: int, seed: int) -> Iterator[Batch]:
    """Endless shuffled and augmented training batches, determined by the seed alone."""
    for epoch in count():
        draw = generator(seed, "epoch", epoch)
        for batch in data.train.batches(batch_size, draw, drop_last=True):
            yield data.task.traits.vary(batch, data.flip, draw)
