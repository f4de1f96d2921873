"""What samplers have in common that decide on a trial before its first choice."""

from __future__ import annotations

from abc import abstractmethod
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from optuna.samplers import BaseSampler

from nas.space.trial import contains, draw
from nas.study.record.optuna_internals import StudyIdentity

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState

Plan = TypeVar("Plan")

_LEARNING = Lock()
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
    A sampler that is used for another study begins anew, but for its random draws.

    Args:
        seed: Fixes all draws; None takes fresh entropy.
    """

    def __init__(self, seed: int | None) -> None:
        self._rng = np.random.default_rng(seed)
        self._study: StudyIdentity | None = None
        self._forget()

    def __getstate__(self) -> dict[str, Any]:
        """A copy belongs to no study yet."""
        return {**self.__dict__, "_study": None}

    def _forget(self) -> None:
        self._plans: dict[int, Plan] = {}
        self._seen = 0
        self._open: list[int] = []
        self._begin()

    @abstractmethod
    def _begin(self) -> None:
        """Forget what was learnt from trials."""

    @abstractmethod
    def _prepare(self, study: Study, trial: FrozenTrial) -> None:
        """Make the plan of a trial, while no other thread does."""

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Plan the trial."""
        with _LEARNING:
            if self._study is None or not self._study.is_of(study):
                self._study = StudyIdentity(study)
                self._forget()
            self._prepare(study, trial)

    def _plan(self, study: Study, trial: FrozenTrial) -> Plan | None:
        """The plan of a trial; None if there is none."""
        of_study = self._study is not None and self._study.is_of(study)
        return self._plans.get(trial.number) if of_study else None

    def _news(self, study: Study) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
        """The trials that have finished since the last call, and those that have not, in order.

        A pruner such as Hyperband shows each trial a part of the study, which is learnt anew.
        """
        trials = study.get_trials(deepcopy=False)
        if trials and trials[-1].number != len(trials) - 1:
            self._seen, self._open = 0, []
            self._begin()
        places = [*self._open, *range(self._seen, len(trials))]
        self._seen = len(trials)
        self._open = [place for place in places if not trials[place].state.is_finished()]
        unfinished = set(self._open)
        finished = [trials[place] for place in places if place not in unfinished]
        return finished, [trials[place] for place in self._open]

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
        if self._plan(study, trial) is not None:
            self._plans.pop(trial.number, None)
