"""The start that suits a network and its data, by measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.events import Listener, ignore
from nas.training.config import default_training
from nas.training.starts.begin import state_from
from nas.training.starts.compare import Comparison, compare_starts
from nas.training.starts.default import DEFAULT
from nas.training.starts.fitted.fitted import FITTED

if TYPE_CHECKING:
    import torch
    from torch import nn

    from nas.data.dataset import Dataset
    from nas.training.config import TrainConfig
    from nas.training.starts.given import Given

STEPS = 100
"""Batches in each of the trainings that are compared."""


def choose_start(
    module: nn.Module,
    given: Given,
    data: Dataset,
    *,
    config: TrainConfig | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
) -> Comparison:
    """Compare short trainings from default and from fitted weights.

    Args:
        module: Maps samples of the data to scores; its state, gradients and modes are left as they
            were.
        given: What fitted weights are made from.
        data: Data set for training and evaluation.
        config: As for a training, except ``epochs``, ``keep`` and ``lr``; the task's defaults if
            None.
        seed: Seed of all randomness.
        device: Device of the module.
        listen: Receives the events of every step.

    Returns:
        The trainings; ``sure`` is the start to take.
    """
    config = config or default_training(data.task, epochs=1)
    modes = [(part, part.training) for part in module.modules()]
    gradients = [(parameter, parameter.grad) for parameter in module.parameters()]
    for parameter, _ in gradients:
        parameter.grad = None
    before = {name: value.clone() for name, value in module.state_dict().items()}
    states = {DEFAULT: before, FITTED: state_from(module, before, FITTED, given)}
    found = compare_starts(
        module, states, data, STEPS, config=config, seed=seed, device=device, listen=listen
    )
    module.load_state_dict(before)
    for parameter, gradient in gradients:
        parameter.grad = gradient
    for part, training in modes:
        part.training = training
    return found
