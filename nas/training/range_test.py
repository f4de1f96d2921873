"""A short range test that finds the learning rate of a training."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from nas.errors import TrainingError
from nas.events import Listener, ignore, stage
from nas.modules.batch_statistics import measure_statistics
from nas.training.config import default_training
from nas.training.evaluate import evaluate
from nas.training.short_training import descend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from nas.data.dataset import Dataset
    from nas.training.config import TrainConfig

_FACTORS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Rates that are tried, as shares of the task's usual one."""
_SAMPLES = 256
"""Training samples on which the loss is measured afterwards."""


@dataclass(frozen=True)
class RangeTest:
    """The outcome of a range test.

    Attributes:
        lr: The best rate.
        losses: Training loss after a short training at each rate; infinite where it diverged.
    """

    lr: float
    losses: Mapping[float, float]


def find_rate(
    module: nn.Module,
    data: Dataset,
    steps: int,
    *,
    config: TrainConfig | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
    title: str = "find the learning rate",
) -> RangeTest:
    """The learning rate that suits the weights a module starts from.

    At each of several rates the module is trained for a tenth of the steps, at least five, with
    the complete schedule; the rate with the lowest loss on training samples is the best. Only the
    training split is read.

    Args:
        module: Maps samples of the data to class scores; its state is left as it was.
        data: Data set for the training.
        steps: Batches of the training that the rate is for.
        config: As for that training; its rate is the centre of the rates tried. The task's
            defaults if None.
        seed: Seed of the order of the samples, augmentation and dropout.
        device: Device of the module.
        listen: Receives the events of every rate.
        title: Name of the stage.

    Raises:
        TrainingError: The loss is not finite at any rate.
    """
    config, device = config or default_training(data.task, epochs=1), torch.device(device)
    data = data.to(device)
    samples = data.train.spread(_SAMPLES)
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    length = max(5, steps // 10)

    def loss(lr: float) -> float:
        module.load_state_dict(state)
        tried = replace(config, lr=lr)
        try:
            descend(module, data, length, config=tried, seed=seed, device=device)
        except TrainingError:
            return math.inf
        measure_statistics(module, *samples.whole().inputs)
        kind, precision = data.task.traits, config.precision
        found = evaluate(module, samples, kind, device=device, precision=precision).loss
        return found if math.isfinite(found) else math.inf

    losses: dict[float, float] = {}
    with stage(listen, title, len(_FACTORS)) as progress:
        for done, factor in enumerate(_FACTORS, 1):
            lr = config.lr * factor
            losses[lr] = loss(lr)
            progress.advance(done, lr=lr, loss=losses[lr])
    module.load_state_dict(state)
    best = min(losses, key=lambda lr: losses[lr])
    if losses[best] == math.inf:
        raise TrainingError("the loss is not finite at any learning rate")
    return RangeTest(best, losses)
