"""The engine's own search, its scores and trainings looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import optuna

from benchmarks.lookup.trainer import LookupTrainer
from nas.study.record.study_record import StudyRecord
from nas.study.search_config import SearchConfig
from nas.study.search_run import SearchRun

if TYPE_CHECKING:
    from benchmarks.nb201_search.rivals import Train
    from benchmarks.nb201_search.scored import ScoredSpace
    from nas.data.dataset import Dataset
    from nas.space.search_space import SearchSpace


class Engine:
    """A search as `nas search` runs it, up to the end of its first rung.

    Args:
        space: The one behind the scores.
        scored: Answers for what a hypernetwork would have scored.
        data: The data set of the table.
        trials: Candidates scored before the first is trained.
        trainings: Architectures that are trained.
    """

    def __init__(
        self, space: SearchSpace, scored: ScoredSpace, data: Dataset, trials: int, trainings: int
    ) -> None:
        self._space = space
        self._scored = scored
        self._data = data
        self._trials = trials
        self._trainings = trainings

    def __call__(self, train: Train, seed: int) -> None:
        """Train cells; those beyond what ``train`` allows fail, and end the search."""
        config = SearchConfig(
            n_trials=self._trials, finalists=self._trainings, max_epochs=0, seed=seed
        ).suited(self._data)
        record = StudyRecord(optuna.create_study(direction="maximize"))
        trainer = LookupTrainer(self._data, train, seed)
        SearchRun(self._space, self._scored, trainer, config, record, baselines={}).run()
