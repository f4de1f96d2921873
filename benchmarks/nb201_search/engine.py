"""The engine's own search, its trainings looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import optuna

from nas.events import Stage, ignore
from nas.space.candidate import candidate
from nas.study.exploration import Exploration
from nas.study.record.study_record import StudyRecord
from nas.study.search_config import SearchConfig
from nas.study.selection.finalist_selector import FinalistSelector, probes_among
from nas.study.selection.pareto import best

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from benchmarks.nb201_search.rivals import Train
    from benchmarks.nb201_search.scored import ScoredSpace
    from nas.space.search_space import SearchSpace


class Engine:
    """Evolution on the score, then the choices of a :class:`FinalistSelector`.

    Args:
        space: The one behind the scores.
        scored: Answers for what a hypernetwork would have scored.
        trials: Candidates scored before the first is trained.
    """

    def __init__(self, space: SearchSpace, scored: ScoredSpace, trials: int) -> None:
        self._space = space
        self._scored = scored
        self._trials = trials

    def __call__(self, train: Train, seed: int) -> None:
        """Train cells until ``train`` stops it, or all that were scored are trained."""
        config = SearchConfig(n_trials=self._trials, seed=seed)
        record = StudyRecord(optuna.create_study(direction="maximize"))
        Exploration(self._space, self._scored, record, config, ignore).run(
            Stage(ignore, "search", self._trials)
        )
        ranked = best(record.trials(), record.study.directions, self._trials)
        choose = FinalistSelector(
            ranked, config.objectives, self._embed, probes=probes_among(self._trials)
        )
        trained: dict[int, float | None] = {}
        while (trial := choose(trained)) is not None:
            trained[trial.number] = train(trial.user_attrs["architecture"])

    def _embed(self, trials: Sequence[FrozenTrial]) -> NDArray[np.float64]:
        return self._scored.embed([candidate(self._space, trial.params) for trial in trials])
