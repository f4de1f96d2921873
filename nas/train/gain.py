"""Gain of predicted weights over default weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.events import Listener, ignore
from nas.train.fine_tune import FineTuned, fine_tune

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.train.config import TrainConfig


@dataclass(frozen=True)
class Gain:
    """The same short training from predicted and from default weights."""

    steps: int
    predicted: FineTuned
    default: FineTuned


def measure_gain(
    module: nn.Module,
    default: Mapping[str, Tensor],
    data: Dataset,
    steps: int,
    *,
    config: TrainConfig | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
) -> Gain:
    """Train a module from its default weights, and again from its predicted weights.

    Both trainings use :func:`nas.train.fine_tune.fine_tune` on the same batches. The module keeps
    the weights of the second one.

    Args:
        module: A module with predicted weights.
        default: Its state with default weights.
        data: Data set for training and evaluation.
        steps: Batches in each training.
        config: Rates.
        seed: Seed of all randomness in a training.
        device: Device of the module.
        listen: Receives the events of every step.

    Raises:
        TrainingError: A loss is no longer finite.
    """
    predicted = {name: tensor.clone() for name, tensor in module.state_dict().items()}

    def result(state: Mapping[str, Tensor], kind: str) -> FineTuned:
        module.load_state_dict(state)
        title = f"train from {kind} weights"
        return fine_tune(
            module,
            data,
            steps,
            config=config,
            seed=seed,
            device=device,
            listen=listen,
            title=title,
        )

    of_default = result(default, "default")
    return Gain(steps, result(predicted, "predicted"), of_default)
