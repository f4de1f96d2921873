"""Gain of predicted weights over default weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nas.errors import TrainingError
from nas.events import Listener, ignore
from nas.training.chance import is_at_chance
from nas.training.config import default_training
from nas.training.starts.compare import best_start, compare_starts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.training.config import TrainConfig
    from nas.training.fine_tune import FineTuned


@dataclass(frozen=True)
class Gain:
    """The same short training from predicted and from default weights.

    Attributes:
        steps: Batches in each training.
        predicted: The training from predicted weights; the accuracy after it is not a number if
            it diverged.
        default: The training from default weights, likewise.
        at_chance: Whether predictions with untrained predicted weights are at chance.
        others: The training from each further start, likewise.
    """

    steps: int
    predicted: FineTuned
    default: FineTuned
    at_chance: bool
    others: Mapping[str, FineTuned] = field(default_factory=dict)

    @property
    def trained(self) -> Mapping[str, FineTuned]:
        """All trainings by the name of their start."""
        return {"default": self.default, "predicted": self.predicted, **self.others}

    @property
    def better(self) -> str:
        """The start that leads to the highest accuracy; default weights where others equal it."""
        return best_start(self.trained)


def measure_gain(
    module: nn.Module,
    default: Mapping[str, Tensor],
    data: Dataset,
    steps: int,
    *,
    config: TrainConfig | None = None,
    lr: float | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
    others: Mapping[str, Mapping[str, Tensor]] | None = None,
) -> Gain:
    """Train a module from its default weights and from its predicted weights; keep the better.

    The trainings use :func:`nas.training.fine_tune.fine_tune` on the same batches, each at its
    own learning rate. They are compared on the ranking split.

    Args:
        module: A module with predicted weights. It is left in evaluation mode, with the
            trained weights that are ahead.
        default: Its state with default weights.
        data: Data set for training and evaluation.
        steps: Batches in each training.
        config: As for a training, except ``epochs``, ``keep`` and ``lr``; the task's defaults if
            None.
        lr: Peak learning rate of all; the result of a range test of each
            (:func:`nas.training.range_test.find_rate`) if None.
        seed: Seed of all randomness in a training.
        device: Device of the module.
        listen: Receives the events of every step.
        others: Its state at further starts, by name.

    Raises:
        TrainingError: All trainings diverged.
    """
    config = config or default_training(data.task, epochs=1)
    states = {"default": default, "predicted": module.state_dict(), **(others or {})}
    trained = compare_starts(
        module,
        states,
        data,
        steps,
        config=config,
        lr=lr,
        seed=seed,
        device=device,
        listen=listen,
    ).trained
    if all(math.isnan(result.after) for result in trained.values()):
        *first, last = (f"{start} weights" for start in trained)
        raise TrainingError(
            f"the trainings from {', '.join(first)} and {last} all diverged",
            hint="Lower the learning rate.",
        )
    further = dict(trained)
    usual, predicted = further.pop("default"), further.pop("predicted")
    at_chance = is_at_chance(predicted.before, data, len(data.val), untrained=usual.before)
    return Gain(steps, predicted, usual, at_chance, further)
