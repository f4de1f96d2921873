"""Mutants of the best trained architectures, where no ranking has proved itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.seeding import rng
from nas.space.candidate import mutate
from nas.study.goals.constraints import satisfied
from nas.study.goals.figure import figures
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
    """Chooses what is trained next: the next one in rank, or a mutant of one that trained well.

    The ranking chooses the founders, and goes on while it has proved itself. Else
    each choice is a mutant of the winner of a tournament among all that were trained, from which
    it differs in one choice: evolution as in Real et al. 2019, on accuracies after training, in
    which parents do not age.

    All that is random follows from the seed and the trainings before, and a mutant that is on
    record is not scored again: a search that was killed goes on as if it had not been. Mutants
    do not count as candidates; one that a later, longer exploration meets stays a mutant.

    Args:
        space: Whose architectures they are.
        selector: Follows the ranking.
        config: Of the search: its objectives decide who wins a tournament.
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
        """The next one to train; None when there is none left.

        Args:
            trained: Accuracies by number of the trial, None where the training diverged.
        """
        mutant = None
        if len(trained) >= (self._config.founders or 0) and not self._selector.is_proven(trained):
            mutant = self._new_mutant(trained)
        return mutant or self._selector(trained)

    def _new_mutant(self, trained: Mapping[int, float | None]) -> FrozenTrial | None:
        """One that was not trained yet; None where luck finds none."""
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
        """What was trained, best first."""
        known = {number: accuracy for number, accuracy in trained.items() if accuracy is not None}
        trials = [self._exploration.trial(number) for number in known]
        order = by_training(
            [trial.user_attrs for trial in trials], list(known.values()), self._config.objectives
        )
        return [trials[index] for index in order]

    def _mutant(self, parent: FrozenTrial, draws: np.random.Generator) -> Candidate | None:
        """None if it violates a constraint, or cannot be built or written down."""
        try:
            mutant = mutate(self._space, parent.params, draws)
            known = figures(mutant.network)
            sound = bool(mutant.hash and mutant.architecture)
        except Exception:  # a space may be anybody's code; the exploration reports its failures
            return None
        return mutant if sound and satisfied(self._config.constraints, known) else None
