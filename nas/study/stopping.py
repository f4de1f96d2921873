"""When a search stops before it has scored as many candidates as it was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nas.errors import InfeasibleError, StudyError, counted
from nas.study.failures import Failures
from nas.study.record.study_record import TrialCounts
from nas.study.record.trial_reading import (
    OutcomeKind,
    figure_of,
    is_mutant,
    is_repeat,
    is_scored,
    outcome_kind,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optuna.trial import FrozenTrial

    from nas.errors import NasError
    from nas.space.search_space import SearchSpace
    from nas.study.search_config import SearchConfig

ASKS_PER_CANDIDATE = 4
"""Trials a sampler is asked for, at most, to fill one place of a generation."""
TRIES_PER_CANDIDATE = 50


class Stopping:
    """Watches the trials of a search for a reason to stop it.

    Args:
        space: The space that is searched.
        config: What is searched for, and for how long.

    Attributes:
        counts: How the trials so far ended.
        failures: Those that failed; the search adds each as soon as it is told.
    """

    def __init__(self, space: SearchSpace, config: SearchConfig) -> None:
        self.counts = TrialCounts()
        self.failures = Failures()
        self._space = space
        self._config = config
        self._nearest: FrozenTrial | None = None
        self._barren = 0
        self._repeats = 0

    def learn(self, told: Sequence[FrozenTrial]) -> None:
        """Take note of finished trials, in their order; mutants say nothing about the space."""
        explored = [trial for trial in told if not is_mutant(trial)]
        self.counts += replace(TrialCounts.of(explored), total=len(told))
        for trial in explored:
            self._barren = 0 if is_scored(trial) else self._barren + 1
            self._repeats = self._repeats + 1 if is_repeat(trial) else 0
            outcome = outcome_kind(trial)
            if outcome is OutcomeKind.INFEASIBLE and (
                self._nearest is None or _worst(trial) < _worst(self._nearest)
            ):
                self._nearest = trial

    @property
    def tried(self) -> int:
        """Distinct candidates so far."""
        return self.counts.complete + self.failures.count + self.counts.infeasible

    @property
    def missing(self) -> int:
        """Candidates still to be scored."""
        return self._config.n_trials - self.counts.complete

    def is_failing(self, others: int) -> bool:
        """Whether too many fail, where so many others wait to be scored."""
        return self.failures.are_too_many(self.tried + others)

    def is_repeating(self, size: int) -> bool:
        """Whether the sampler has filled no place in the last generation of that size."""
        return self._repeats >= ASKS_PER_CANDIDATE * size

    def is_late(self, seconds: float) -> bool:
        """Whether the time is over."""
        return self._config.timeout is not None and seconds >= self._config.timeout

    def reason(self, notations: int) -> str:
        """Why to stop, so that going on would not help; empty if there is no reason.

        Args:
            notations: Number of different notations met.
        """
        size = self._space.size()
        if size is not None and notations >= size:
            return f"the space is exhausted: it holds {counted(size, 'architecture')}"
        if self.failures.are_too_many(self.tried):
            return f"{self.failures.count} of {self.tried} candidates failed"
        if self._barren >= TRIES_PER_CANDIDATE * self._config.generation:
            return f"the last {self._barren} tries brought no candidate that could be scored"
        return ""

    def nothing_found(self, reason: str) -> NasError:
        """The error of a search that stops without one score."""
        if self._nearest is not None:
            return self._infeasible(self._nearest)
        hint = "Allow it more time, or see that build() and forward() of the space end."
        if self.failures.count:
            hint = f"They failed, {self.failures.most_frequent()}"
        return StudyError(
            f"no candidate of space {self._space.name!r} reached a score: {reason}", hint=hint
        )

    def _infeasible(self, nearest: FrozenTrial) -> InfeasibleError:
        worst = max(self._config.constraints, key=lambda c: nearest.constraints[str(c)])
        found = figure_of(nearest, worst.name)
        return InfeasibleError(
            f"nothing in space {self._space.name!r} satisfied {worst} in {self.counts.total} "
            f"tries; the nearest had {worst.name}={found:,.15g}.",
            hint=f"Relax the limit on {worst.name}, or change the macro sizes of the space.",
        )


def _worst(trial: FrozenTrial) -> float:
    return max(trial.constraints.values())
