"""A short training of any module."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

import torch

from nas.events import Listener, ignore, stage
from nas.seeding import derive, generator
from nas.train.augment import augment
from nas.train.batch_statistics import measure_statistics
from nas.train.evaluate import evaluate
from nas.train.schedule import warm_cosine
from nas.train.sgd import Sgd
from nas.train.train import TrainConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from nas.data.dataset import Dataset

_CALIBRATION = 256
"""Training images that give the batch norms their statistics."""


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
    """Train a module for some steps, the learning rate annealed to zero over them.

    Both accuracies are with batch statistics measured on training images: running averages of few
    steps are still those of the beginning.

    Args:
        module: From images of the data to class scores (see
            :class:`nas.train.classifier.Classifier`); it is trained in place, frozen parameters
            aside, and left in evaluation mode.
        data: What it learns from.
        steps: Batches.
        config: As for a training, ``epochs`` aside.
        seed: Of the order of the images, augmentation and dropout.
        device: Where the module is.
        listen: Hears of every step.
        title: How the stage is called.

    Raises:
        TrainingError: The loss is no longer finite.
    """
    config, device = config or TrainConfig(), torch.device(device)
    data = data.to(device)
    calibration, _ = data.train.spread(_CALIBRATION)

    def accuracy() -> float:
        measure_statistics(module, calibration)
        return evaluate(module, data.val, device=device, precision=config.precision).accuracy

    before = accuracy()
    module.train()
    sgd = Sgd(module, config, device)
    cuda = [device] if device.type == "cuda" else []
    with stage(listen, title, steps) as progress, torch.random.fork_rng(devices=cuda):
        torch.manual_seed(derive(seed, "dropout"))
        batches = islice(_batches(data, config.batch_size, seed), steps)
        for number, (images, labels) in enumerate(batches):
            rate = warm_cosine(number, steps, config.warmup)
            loss = sgd.step(images, labels, rate, where=f"step {number + 1}")
            progress.advance(number + 1, loss=loss)
    return FineTuned(before, accuracy())


def _batches(data: Dataset, batch_size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Shuffled and augmented training images without end; the seed alone decides on them."""
    for epoch in count():
        draw = generator(seed, "epoch", epoch)
        for images, labels in data.train.batches(batch_size, draw, drop_last=True):
            yield augment(images, flip=data.flip, generator=draw), labels
