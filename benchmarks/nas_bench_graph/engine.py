"""The engine's own search among scored architectures, its trainings looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import optuna

from benchmarks.lookup.trainer import LookupTrainer
from nas.evaluate.scorer import Estimate
from nas.space.search_space import SearchSpace
from nas.study.record.study_record import StudyRecord
from nas.study.search_config import SearchConfig
from nas.study.search_run import SearchRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from benchmarks.nas_bench_graph.rivals import Train
    from benchmarks.nas_bench_graph.scored import Scored
    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.space.candidate import Candidate
    from nas.space.trial import Trial

    Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PoolSpace(SearchSpace):
    """The architectures of a pool, one choice among them.

    Attributes:
        whole: Their space.
        keys: Their notations.
    """

    name: ClassVar[str] = "pool"

    whole: SearchSpace
    keys: tuple[str, ...]

    def build(self, trial: Trial) -> Graph:
        return self.whole.graph(trial.suggest_categorical("key", self.keys))

    def encode(self, params: Any) -> str:
        return str(params["key"])

    def decode(self, text: str) -> dict[str, Any]:
        return {"key": text}

    def size(self) -> int:
        return len(self.keys)


class PoolScores:
    """Scores of a pool, known before.

    Args:
        pool: Scored architectures.
        score: Their ranking, higher better.
    """

    def __init__(self, pool: Scored, score: Floats) -> None:
        self._pool = pool
        self._score = score
        self._rows = {key: row for row, key in enumerate(pool.keys)}

    def one_by_one(self, candidates: Sequence[Candidate]) -> Iterator[Estimate]:
        """The estimates."""
        for one in candidates:
            row = self._rows[one.architecture]
            known = {
                name: float(self._pool.figures[name][row])
                for name in ("accuracy", "loss", "brier", "readout", "naswot")
            }
            yield Estimate(**known, score=float(self._score[row]))

    def proxy(self, space: SearchSpace) -> SearchSpace:
        """The space itself: nothing is scored."""
        return space


class Engine:
    """A search as `nas search` runs it, up to the end of its first rung.

    Args:
        space: Of the architectures.
        data: The data set of the table.
        pool: Scored architectures.
        score: Their ranking before any training, higher better.
        count: How many of them, drawn at random by the seed, a search considers.
        trainings: Architectures that are trained.
    """

    def __init__(
        self,
        space: SearchSpace,
        data: Dataset,
        pool: Scored,
        score: Floats,
        count: int,
        trainings: int,
    ) -> None:
        self._space = space
        self._data = data
        self._pool = pool
        self._scores = PoolScores(pool, score)
        self._count = count
        self._trainings = trainings

    def __call__(self, train: Train, seed: int) -> None:
        """Train architectures; those beyond what ``train`` allows fail, and end the search."""
        drawn = np.random.default_rng(seed).permutation(len(self._pool.keys))[: self._count]
        keys = tuple(self._pool.keys[row] for row in drawn)
        space = PoolSpace(task=self._space.task, whole=self._space, keys=keys)
        config = SearchConfig(
            n_trials=len(keys),
            sampler="random",
            finalists=self._trainings,
            max_epochs=0,
            seed=seed,
        ).suited(self._data)
        record = StudyRecord(optuna.create_study(direction="maximize"))
        trainer = LookupTrainer(self._data, train, seed)
        SearchRun(space, self._scores, trainer, config, record, baselines={}).run()
