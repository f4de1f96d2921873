"""Mutants of the best trained architectures, trained while no ranking has proved itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.seeding import rng
from nas.space.candidate import mutate
from nas.study.goals.constraints import is_feasible
from nas.study.record.trial_reading import figures_of
from nas.study.selection.pareto import by_training

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from optuna.trial import FrozenTrial

    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.study.exploration import Exploration
    from nas.study.search_config import SearchConfig
    from nas.study.selection.finalist_selector import FinalistSelector

_TOURNAMENT = 5
_TRIES = 50


class MutationSelector:
    """Chooses the next architecture to train: the next in rank, or a mutant of a good one.

    The ranking chooses the founders, and continues if it has proved itself. Otherwise each new
    architecture is a mutant: it differs in one choice from the winner of a tournament among all
    trained architectures. This is evolution as in Real et al. 2019, on accuracies after training
    and without aging.

    Random draws follow from the seed and the number of earlier trainings, and a recorded mutant
    is not scored again. So a killed search continues as it would have. Mutants do not count as
    candidates; a mutant that a later, longer exploration finds remains a mutant.

    Args:
        space: The space that is searched.
        selector: Follows the ranking.
        config: Settings of the search; the objectives decide tournaments.
        exploration: Scores mutants, and holds the trials.
    """

    def __init__(
        self,
        space: SearchSpace,
        selector: FinalistSelector,
        config: SearchConfig,
        exploration: Exploration,
    ) -> None:
        self._space = space
        self._selector = selector
        self._config = config
        self._exploration = exploration

    def __call__(self, trained: Mapping[int, float | None]) -> FrozenTrial | None:
        """The next trial to train; None if none is left.

        Args:
            trained: Accuracies by number of the trial, None where the training diverged.
        """
        mutant = None
        if len(trained) >= (self._config.founders or 0) and not self._selector.is_proven(trained):
            mutant = self._new_mutant(trained)
        return mutant or self._selector(trained)

    def _new_mutant(self, trained: Mapping[int, float | None]) -> FrozenTrial | None:
        """A mutant that was not trained yet; None if no try finds one."""
        parents = self._parents(trained)
        draws = rng(self._config.seed, "children", len(trained))
        for _ in range(_TRIES if parents else 0):
            parent = parents[draws.integers(len(parents), size=_TOURNAMENT).min()]
            mutant = self._mutant(parent, draws)
            if mutant is None:
                continue
            trial = self._exploration.record_mutant(mutant, parent.number)
            if trial is not None and trial.number not in trained:
                return trial
        return None

    def _parents(self, trained: Mapping[int, float | None]) -> list[FrozenTrial]:
        """Successfully trained trials, best first."""
        known = {number: accuracy for number, accuracy in trained.items() if accuracy is not None}
        trials = [self._exploration.trial(number) for number in known]
        order = by_training(
            [figures_of(trial) for trial in trials], list(known.values()), self._config.objectives
        )
        return [trials[index] for index in order]

    def _mutant(self, parent: FrozenTrial, draws: np.random.Generator) -> Candidate | None:
        """A mutant; None if it is infeasible or cannot be built or encoded."""
        try:
            mutant = mutate(self._space, parent.params, draws)
            is_sound = bool(mutant.hash and mutant.architecture)
            may_train = is_sound and is_feasible(self._config.constraints, mutant.network)
        except Exception:  # a space may be user code; the exploration reports its failures
            return None
        return mutant if may_train else None
