"""What samplers have in common that decide on a trial before its first choice."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from optuna.samplers import BaseSampler

from nas.space.trial import contains, draw

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState

Plan = TypeVar("Plan")

LEARNING = Lock()
"""Held while a sampler changes what it has learnt, as the threads of a study share a sampler. One
for all samplers, because a sampler that holds a lock can be neither copied nor pickled."""


def key_of(params: Mapping[str, Any]) -> frozenset[tuple[str, Hashable]]:
    """Equal for equal parameters."""
    return frozenset((name, hashable(value)) for name, value in params.items())


def hashable(value: Any) -> Hashable:
    """The value or, for choices such as lists, its text."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    found: Hashable = value
    return found


def planned_or_drawn(
    plan: Mapping[str, Any],
    name: str,
    distribution: BaseDistribution,
    rng: np.random.Generator,
) -> Any:
    """The planned value of a choice or, where there is none that fits, a random one."""
    if name in plan and contains(distribution, plan[name]):
        return plan[name]
    return draw(distribution, rng)


class PlannedSampler(BaseSampler, Generic[Plan]):
    """Plans a trial in ``before_trial`` and follows the plan in ``sample_independent``.

    Each choice is made when the trial comes to it, so conditional parameters need no declaration.
    Plans are kept by number of the trial, so any number of trials can be asked before one is told.

    Args:
        seed: Fixes all draws; None takes fresh entropy.
    """

    def __init__(self, seed: int | None) -> None:
        self._rng = np.random.default_rng(seed)
        self._plans: dict[int, Plan] = {}

    def reseed_rng(self) -> None:
        """Take fresh entropy; Optuna calls this in each of several workers."""
        self._rng = np.random.default_rng()

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Nothing: each choice is made when the trial comes to it."""
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing: each choice is made when the trial comes to it."""
        return {}

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Forget the plan of the trial."""
        self._plans.pop(trial.number, None)
