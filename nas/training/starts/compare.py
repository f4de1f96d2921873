"""The same short training from several initial weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from nas.errors import TrainingError
from nas.events import Listener, ignore
from nas.training.fine_tune import FineTuned, fine_tune
from nas.training.range_test import find_rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.task.kind import TaskKind
    from nas.training.config import TrainConfig

_SURE = 2.0
"""Standard errors by which a difference counts as sure."""


@dataclass(frozen=True)
class Comparison:
    """Short trainings from several starts.

    Attributes:
        trained: The training from each start, by its name; the accuracy after it is not a number
            if it diverged.
        samples: Size of the ranking split, on which accuracies are measured.
        kind: The kind of task, which gives the error of its metric.
    """

    trained: Mapping[str, FineTuned]
    samples: int
    kind: TaskKind

    @property
    def sure(self) -> str:
        """The best start if it leads surely, by two standard errors; otherwise the first one."""
        first = next(iter(self.trained))
        best = best_start(self.trained)
        ahead, usual = self.trained[best].after, self.trained[first].after
        if math.isnan(usual):
            return best
        error = math.hypot(*(self.kind.metric_error(x, self.samples) for x in (ahead, usual)))
        return best if ahead - usual > _SURE * error else first


def best_start(trained: Mapping[str, FineTuned]) -> str:
    """The start that leads to the highest accuracy; the first of equals."""
    best, *others = trained
    for start in others:
        if _beats(trained[start].after, trained[best].after):
            best = start
    return best


def compare_starts(
    module: nn.Module,
    states: Mapping[str, Mapping[str, Tensor]],
    data: Dataset,
    steps: int,
    *,
    config: TrainConfig,
    lr: float | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    listen: Listener = ignore,
) -> Comparison:
    """Train a module from several states on the same batches, each at its own learning rate.

    Args:
        module: It is left in evaluation mode, with the trained weights that are ahead.
        states: Its state at each start, by name.
        data: Data set for training and evaluation.
        steps: Batches in each training.
        config: As for a training, except ``epochs``, ``keep`` and ``lr``.
        lr: Peak learning rate of all; the result of a range test of each
            (:func:`nas.training.range_test.find_rate`) if None.
        seed: Seed of all randomness in a training.
        device: Device of the module.
        listen: Receives the events of every step.
    """
    states = {start: _copy(state) for start, state in states.items()}
    results: dict[str, FineTuned] = {}
    best: Mapping[str, Tensor] = {}
    for start, state in states.items():
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
        if best_start(results) == start:
            best = _copy(module.state_dict())
    module.load_state_dict(best)
    return Comparison(results, len(data.val), data.task.traits)


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
    start: str,
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
