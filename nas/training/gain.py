"""Gain of predicted weights over default weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from nas.errors import TrainingError
from nas.events import Listener, ignore
from nas.training.chance import is_at_chance
from nas.training.config import default_training
from nas.training.fine_tune import FineTuned, fine_tune
from nas.training.range_test import find_rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.training.config import TrainConfig

Start = Literal["predicted", "default"]
"""Kind of initial weights."""


@dataclass(frozen=True)
class Gain:
    """The same short training from predicted and from default weights.

    Attributes:
        steps: Batches in each training.
        predicted: The training from predicted weights; the accuracy after it is not a number if
            it diverged.
        default: The training from default weights, likewise.
        at_chance: Whether predictions with untrained predicted weights are at chance.
    """

    steps: int
    predicted: FineTuned
    default: FineTuned
    at_chance: bool

    @property
    def better(self) -> Start:
        """The start that leads to the higher accuracy; default weights where both are equal."""
        return "predicted" if _beats(self.predicted.after, self.default.after) else "default"


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
) -> Gain:
    """Train a module from its default weights and from its predicted weights; keep the better.

    Both trainings use :func:`nas.training.fine_tune.fine_tune` on the same batches, each at its
    own learning rate. They are compared on the ranking split.

    Args:
        module: A module with predicted weights. It is left in evaluation mode, with the
            trained weights that are ahead.
        default: Its state with default weights.
        data: Data set for training and evaluation.
        steps: Batches in each training.
        config: As for a training, except ``epochs``, ``keep`` and ``lr``; the task's defaults if
            None.
        lr: Peak learning rate of both; the result of a range test of each
            (:func:`nas.training.range_test.find_rate`) if None.
        seed: Seed of all randomness in a training.
        device: Device of the module.
        listen: Receives the events of every step.

    Raises:
        TrainingError: Both trainings diverged.
    """
    config = config or default_training(data.task, epochs=1)
    starts: dict[Start, Mapping[str, Tensor]] = {
        "default": default,
        "predicted": _copy(module.state_dict()),
    }
    results: dict[Start, FineTuned] = {}
    best: Mapping[str, Tensor] = {}
    for start, state in starts.items():
        module.load_state_dict(state)
        results[start] = _trained(
            module,
            data,
            steps,
            config,
            lr=lr,
            seed=seed,
            device=device,
            listen=listen,
            start=start,
        )
        if not best or _beats(results[start].after, results["default"].after):
            best = _copy(module.state_dict())
    if all(math.isnan(result.after) for result in results.values()):
        raise TrainingError(
            "the trainings from predicted and from default weights both diverged",
            hint="Lower the learning rate.",
        )
    module.load_state_dict(best)
    at_chance = is_at_chance(
        results["predicted"].before, data, len(data.val), untrained=results["default"].before
    )
    return Gain(steps, results["predicted"], results["default"], at_chance)


def _trained(
    module: nn.Module,
    data: Dataset,
    steps: int,
    config: TrainConfig,
    *,
    lr: float | None,
    seed: int,
    device: torch.device | str,
    listen: Listener,
    start: Start,
) -> FineTuned:
    """A training at the given rate or at that of a range test; a diverged one ends in NaN."""
    state = _copy(module.state_dict())
    run = partial(fine_tune, module, data, seed=seed, device=device, listen=listen)
    try:
        if lr is None and steps:
            title = f"learning rate for {start} weights"
            lr = find_rate(
                module,
                data,
                steps,
                config=config,
                seed=seed,
                device=device,
                listen=listen,
                title=title,
            ).lr
        config = replace(config, lr=lr or config.lr)
        return run(steps, config=config, title=f"train from {start} weights")
    except TrainingError:
        module.load_state_dict(state)
        return replace(run(0, config=config), after=math.nan)


def _copy(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in state.items()}


def _beats(accuracy: float, other: float) -> bool:
    """Whether an accuracy is higher than another one; a diverged training never is."""
    return accuracy > other or (math.isnan(other) and not math.isnan(accuracy))
