"""Reasons to stop a search before ``n_trials`` candidates are scored."""

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
"""Largest number of trials asked of a sampler for one place of a generation."""
TRIES_PER_CANDIDATE = 50


class Stopping:
    """Watches the trials of a search for a reason to stop it.

    Args:
        space: The space that is searched.
        config: Goals and length of the search.

    Attributes:
        counts: Number of trials by outcome.
        failures: The failed candidates; the search adds each as soon as its trial is finished.
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
        """Count finished trials, in their order; mutants count towards the total only."""
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
        """Number of distinct candidates so far."""
        return self.counts.complete + self.failures.count + self.counts.infeasible

    @property
    def missing(self) -> int:
        """Number of candidates still to be scored."""
        return self._config.n_trials - self.counts.complete

    def is_failing(self, others: int) -> bool:
        """Whether too many candidates fail, with ``others`` still waiting for their score."""
        return self.failures.are_too_many(self.tried + others)

    def is_repeating(self, size: int) -> bool:
        """Whether all tries of the last generation, of this size, were duplicates."""
        return self._repeats >= ASKS_PER_CANDIDATE * size

    def is_late(self, seconds: float) -> bool:
        """Whether the time is over."""
        return self._config.timeout is not None and seconds >= self._config.timeout

    def reason(self, notations: int) -> str:
        """A lasting reason to stop; empty if there is none.

        Args:
            notations: Number of different notations so far.
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
        """The error of a search that stops without any score."""
        if self._nearest is not None:
            return self._infeasible(self._nearest)
        hint = "Allow more time, or check that build() and forward() of the space return."
        if self.failures.count:
            hint = f"Failures: {self.failures.most_frequent()}"
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
