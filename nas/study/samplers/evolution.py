"""Regularised evolution as an Optuna sampler."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from nas.space.trial import contains, draw, draw_other, has_others
from nas.study.selection.pareto import first_front, losses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optuna.distributions import BaseDistribution
    from optuna.study import Study, StudyDirection
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class _Plan:
    """A parent and the one choice in which its mutant differs."""

    parent: FrozenTrial
    mutated: str | None


class RegularisedEvolutionSampler(BaseSampler):
    """Mutates the winner of a tournament among the youngest complete trials.

    A mutant copies its parent except for one choice. Choices that no longer fit are drawn anew, so
    conditional parameters are supported. A tournament prefers less violation of constraints,
    then values that no other member dominates. Plans are kept by number of the trial, so any
    number of trials can be asked before one is told.

    Real, Aggarwal, Huang & Le: Regularized Evolution for Image Classifier Architecture Search,
    AAAI 2019.

    Args:
        population_size: Number of youngest complete trials that can be parents; while there are
            fewer, every choice is drawn at random.
        tournament_size: Number of these trials that compete for each mutant.
        seed: Fixes all draws; None takes fresh entropy.

    Raises:
        ValueError: A size is out of range.

    Example:
        >>> import optuna
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> study = optuna.create_study(sampler=RegularisedEvolutionSampler(seed=0))
        >>> study.optimize(lambda trial: trial.suggest_int("x", 0, 1000), n_trials=200)
        >>> study.best_value < 50
        True
    """

    def __init__(
        self, *, population_size: int = 50, tournament_size: int = 10, seed: int | None = None
    ) -> None:
        if not 1 <= tournament_size <= population_size:
            raise ValueError(
                "`1 <= tournament_size <= population_size` must hold, but got "
                f"(tournament_size={tournament_size}, population_size={population_size})."
            )
        self._population_size = population_size
        self._tournament_size = tournament_size
        self._rng = np.random.default_rng(seed)
        self._plans: dict[int, _Plan] = {}

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

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Choose the parent, and the choice in which the mutant will differ."""
        youngest = reversed(study.get_trials(deepcopy=False))
        complete = (trial for trial in youngest if trial.state is TrialState.COMPLETE)
        population = list(islice(complete, self._population_size))[::-1]
        if len(population) < self._population_size:
            return
        members = self._rng.choice(len(population), self._tournament_size, replace=False)
        parent = _winner([population[index] for index in members], study.directions)
        choices = [
            name for name, distribution in parent.distributions.items() if has_others(distribution)
        ]
        mutated = choices[self._rng.integers(len(choices))] if choices else None
        self._plans[trial.number] = _Plan(parent, mutated)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The parent's choice, another one if this is the mutated one, or a random one."""
        plan = self._plans.get(trial.number)
        if plan is None or param_name not in plan.parent.params:
            return draw(param_distribution, self._rng)
        value = plan.parent.params[param_name]
        if param_name == plan.mutated:
            return draw_other(param_distribution, value, self._rng)
        if contains(param_distribution, value):
            return value
        return draw(param_distribution, self._rng)

    def after_trial(
        self,
        study: Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        """Forget the plan of the trial."""
        self._plans.pop(trial.number, None)


def _winner(members: Sequence[FrozenTrial], directions: Sequence[StudyDirection]) -> FrozenTrial:
    """The first member, in their random order, that no other member beats."""
    violation = [sum(max(0.0, v) for v in trial.constraints.values()) for trial in members]
    least = min(violation)
    closest = [trial for trial, v in zip(members, violation, strict=True) if v == least]
    return closest[min(first_front(losses(closest, directions)))]
