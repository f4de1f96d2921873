"""Regularised evolution as an Optuna sampler."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from optuna.trial import TrialState

from nas.space.trial import draw, draw_other, has_others
from nas.study.samplers.leading import leading
from nas.study.samplers.planned import PlannedSampler, planned_or_drawn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class _Plan:
    """The choices of a parent, or of two, and the one choice in which the mutant differs."""

    params: Mapping[str, Any]
    mutated: str | None


class RegularisedEvolutionSampler(PlannedSampler[_Plan]):
    """Mutates the winner of a tournament among the youngest complete trials.

    A mutant copies its parent except for one choice. Choices that no longer fit are drawn anew, so
    conditional parameters are supported. With crossover a mutant takes each of its other choices
    from one of two parents at random. A tournament prefers less violation of constraints,
    then values that no other member dominates. Plans are kept by number of the trial, so any
    number of trials can be asked before one is told.

    Real, Aggarwal, Huang & Le: Regularized Evolution for Image Classifier Architecture Search,
    AAAI 2019.

    Args:
        population_size: Number of youngest complete trials that can be parents; while there are
            fewer, every choice is drawn at random.
        tournament_size: Number of these trials that compete for each mutant.
        crossover_prob: Probability that a mutant has two parents.
        seed: Fixes all draws; None takes fresh entropy.

    Raises:
        ValueError: A size or the probability is out of range.

    Example:
        >>> import optuna
        >>> optuna.logging.set_verbosity(optuna.logging.ERROR)
        >>> study = optuna.create_study(sampler=RegularisedEvolutionSampler(seed=0))
        >>> study.optimize(lambda trial: trial.suggest_int("x", 0, 1000), n_trials=200)
        >>> study.best_value < 50
        True
    """

    def __init__(
        self,
        *,
        population_size: int = 50,
        tournament_size: int = 10,
        crossover_prob: float = 0.0,
        seed: int | None = None,
    ) -> None:
        if not 1 <= tournament_size <= population_size:
            raise ValueError(
                "`1 <= tournament_size <= population_size` must hold, but got "
                f"(tournament_size={tournament_size}, population_size={population_size})."
            )
        if not 0 <= crossover_prob <= 1:
            raise ValueError(
                f"`0 <= crossover_prob <= 1` must hold, but got (crossover_prob={crossover_prob})."
            )
        self._population_size = population_size
        self._crossover_prob = crossover_prob
        self._tournament_size = tournament_size
        super().__init__(seed)

    def _begin(self) -> None:
        """Nothing was learnt: each mutant follows from the trials of the study."""

    def _prepare(self, study: Study, trial: FrozenTrial) -> None:
        """Choose the parent, and the choice in which the mutant will differ."""
        youngest = reversed(study.get_trials(deepcopy=False))
        complete = (trial for trial in youngest if trial.state is TrialState.COMPLETE)
        population = list(islice(complete, self._population_size))[::-1]
        if len(population) < self._population_size:
            return
        parent = self._winner(population, study)
        params = dict(parent.params)
        if self._crossover_prob and self._rng.random() < self._crossover_prob:
            other = self._winner(population, study).params
            params |= {name: value for name, value in other.items() if self._rng.integers(2)}
        choices = [
            name for name, distribution in parent.distributions.items() if has_others(distribution)
        ]
        mutated = choices[self._rng.integers(len(choices))] if choices else None
        self._plans[trial.number] = _Plan(params, mutated)

    def _winner(self, population: Sequence[FrozenTrial], study: Study) -> FrozenTrial:
        """The first member of a tournament, in its random order, that no other member beats."""
        members = self._rng.choice(len(population), self._tournament_size, replace=False)
        return leading([population[index] for index in members], study.directions)[0]

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The parent's choice, another one if this is the mutated one, or a random one."""
        plan = self._plan(study, trial)
        if plan is None:
            return draw(param_distribution, self._rng)
        if param_name == plan.mutated:
            return draw_other(param_distribution, plan.params[param_name], self._rng)
        return planned_or_drawn(plan.params, param_name, param_distribution, self._rng)
