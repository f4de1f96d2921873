"""The engine's choices among scored architectures, their trainings looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from optuna.trial import create_trial

from nas.study.search_config import SearchConfig
from nas.study.selection.finalist_selector import FinalistSelector, probes_among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from benchmarks.nas_bench_graph.rivals import Train
    from benchmarks.nas_bench_graph.scored import Scored

    Floats = NDArray[np.float64]


class Engine:
    """What :class:`nas.study.selection.finalist_selector.FinalistSelector` makes of a score.

    Args:
        pool: Scored architectures.
        score: Their ranking before any training, higher better.
        count: How many of them, drawn at random by the seed, a search considers.
    """

    def __init__(self, pool: Scored, score: Floats, count: int) -> None:
        self._pool = pool
        self._score = score
        self._count = count

    def __call__(self, train: Train, seed: int) -> None:
        """Train architectures until ``train`` stops it, or none is left."""
        drawn = np.random.default_rng(seed).permutation(len(self._score))[: self._count]
        rows = drawn[np.argsort(-self._score[drawn], kind="stable")]
        trials = [self._trial(place, int(row)) for place, row in enumerate(rows)]
        choose = FinalistSelector(
            trials, SearchConfig().objectives, self._embed, probes=probes_among(len(trials))
        )
        trained: dict[int, float | None] = {}
        while (trial := choose(trained)) is not None:
            trained[trial.number] = train(self._pool.keys[trial.user_attrs["row"]])

    def _trial(self, number: int, row: int) -> FrozenTrial:
        score = float(self._score[row])
        known = {name: float(values[row]) for name, values in self._pool.figures.items()}
        trial = create_trial(value=score, user_attrs={**known, "score": score, "row": row})
        trial.number = number
        return trial

    def _embed(self, trials: Sequence[FrozenTrial]) -> Floats:
        return self._pool.embedding[[trial.user_attrs["row"] for trial in trials]]
