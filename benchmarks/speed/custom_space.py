"""A search in a custom space of convolutions, written in torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from benchmarks.speed.clock import Times, times
from nas.study.search import search

if TYPE_CHECKING:
    from benchmarks.speed.clock import Clock
    from nas.space.trial import Trial
    from nas.task.task import Task


@dataclass(frozen=True, kw_only=True)
class CustomSpace:
    """Seconds of searches that train nothing, one for each seed.

    Attributes:
        trials: Candidates scored by each of them.
        search: Of a search.
    """

    trials: int
    search: Times

    @property
    def rate(self) -> float:
        """Candidates in a second."""
        return self.trials / self.search.median


def build(trial: Trial, data: Task) -> nn.Module:
    """One to four convolutions after the first: 600 networks."""
    width = trial.suggest_categorical("width", [8, 12, 16, 24, 32])
    layers: list[nn.Module] = [nn.Conv2d(data.channels, width, 3, padding=1), nn.ReLU()]
    for index in range(trial.suggest_int("depth", 1, 4)):
        kernel = trial.suggest_categorical(f"kernel{index}", [1, 3, 5])
        layers += [nn.Conv2d(width, width, kernel, padding="same"), nn.BatchNorm2d(width)]
        layers += [nn.ReLU()]
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, data.classes))
    return nn.Sequential(*layers, *head)


def custom_space(trials: int, clock: Clock) -> dict[str, Any]:
    """Measure searches on ``digits`` with the shipped hypernetwork."""
    taken = []
    for seed in range(clock.repeats + 1):
        start = clock.now()
        search(build, "digits", n_trials=trials, finalists=0, seed=seed)
        taken.append(clock.now() - start)
    found = CustomSpace(trials=trials, search=times(taken[1:]))  # the first one imports
    return {**asdict(found), "rate": found.rate}
