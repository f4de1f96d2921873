"""Ranking after a few trainings: the accuracies of some architectures are known."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import RidgeCV

from benchmarks.rank_fidelity.fit import fitted
from benchmarks.rank_fidelity.zero_labels import tau
from nas.seeding import rng
from nas.study.selection.kernels import normal_scores, ranked
from nas.study.selection.regressor import COSTS, PREDICTED, AccuracyRegressor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool

LABELS = (5, 10, 20, 50, 100)
_DRAWS = 10
_FEWEST_LEFT = 30


@dataclass(frozen=True)
class Learnt:
    """Agreement of a ranking with the accuracies it has not seen, for one table and measure."""

    family: str
    table: str
    measure: str
    labels: int
    ranker: str
    tau: float


def learnt(known: Sequence[Pool]) -> Iterator[Learnt]:
    """Each ranker on each table; the prior is fitted to the other families."""
    for family in sorted({pool.family for pool in known}):
        prior = fitted([pool for pool in known if pool.family != family])
        for pool in known:
            if pool.family != family:
                continue
            costs = [pool.figures[name] for name in COSTS]
            regressor = AccuracyRegressor(
                pool.figures["general:score"],
                costs,
                [pool.figures[f"general:{name}"] for name in PREDICTED],
                pool.choices,
                prior,
            )
            for measure, truth in pool.truths.items():
                for labels in LABELS:
                    if len(pool) - labels < _FEWEST_LEFT:
                        continue
                    for ranker, found in _taus(pool, truth, labels, regressor, ranked(costs)):
                        yield Learnt(family, pool.name, measure, labels, ranker, found)


def _taus(
    pool: Pool, truth: Floats, labels: int, regressor: AccuracyRegressor, costs: Floats
) -> Iterator[tuple[str, float]]:
    """Mean tau of each ranker, on architectures without a label, over random draws of labels."""
    found: dict[str, list[float]] = {}
    for draw in range(_DRAWS):
        order = rng(draw, "labels", pool.name).permutation(len(pool))
        rows, left = order[:labels], order[labels:]
        ridge = RidgeCV(10.0 ** np.arange(-2, 4)).fit(costs[rows], normal_scores(truth[rows]))
        rankings = {
            "score, no labels": pool.figures["general:score"],
            "ridge on costs": ridge.predict(costs),
            "regressor": regressor.fit(rows.tolist(), truth[rows]).mean,
        }
        for ranker, values in rankings.items():
            found.setdefault(ranker, []).append(tau(values[left], truth[left]))
    yield from ((ranker, fmean(taus)) for ranker, taus in found.items())


def over_families(rows: Sequence[Learnt]) -> float:
    """Mean over families of the mean over their tables and measures."""
    families: dict[str, list[float]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row.tau)
    return fmean(fmean(taus) for taus in families.values())
