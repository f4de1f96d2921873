"""Ranking after a few trainings: the accuracies of some architectures are known."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm
from sklearn.linear_model import RidgeCV

from benchmarks.rank_fidelity.fit import fitted
from benchmarks.rank_fidelity.pool import COSTS
from benchmarks.rank_fidelity.zero_labels import tau
from nas.seeding import rng
from nas.study.selection.kernels import normal_scores
from nas.study.selection.regressor import AccuracyRegressor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool

LABELS = (5, 10, 20, 50, 100)
_DRAWS = 10
_FEWEST_LEFT = 30
_WIDTH = float(norm.ppf(0.9))
"""Half an interval that holds 80 % of a normal distribution, in standard deviations."""

INSIDE = "regressor: inside its 80 % intervals"


@dataclass(frozen=True)
class Learnt:
    """How a ranker does on architectures without a label, for one table and measure.

    Attributes:
        value: Its Kendall tau; of :data:`INSIDE` the share of accuracies in the intervals.
    """

    family: str
    table: str
    measure: str
    labels: int
    ranker: str
    value: float


def learnt(known: Sequence[Pool]) -> Iterator[Learnt]:
    """Each ranker on each table; the prior is fitted to the other families."""
    for family in sorted({pool.family for pool in known}):
        prior = fitted([pool for pool in known if pool.family != family])
        for pool in known:
            if pool.family != family:
                continue
            regressor = AccuracyRegressor(
                pool.figures["general:score"], pool.learned_from, pool.choices, prior
            )
            costs = np.stack([normal_scores(pool.figures[name]) for name in COSTS], 1)
            for measure, truth in pool.truths.items():
                for labels in LABELS:
                    if len(pool) - labels < _FEWEST_LEFT:
                        continue
                    for ranker, found in _values(
                        pool, truth, labels, regressor, prior.noise, costs
                    ):
                        yield Learnt(family, pool.name, measure, labels, ranker, found)


def _values(
    pool: Pool,
    truth: Floats,
    labels: int,
    regressor: AccuracyRegressor,
    noise: float,
    costs: Floats,
) -> Iterator[tuple[str, float]]:
    """The mean value of each ranker over random draws of labels."""
    places = normal_scores(truth)
    found: dict[str, list[float]] = {}
    for draw in range(_DRAWS):
        order = rng(draw, "labels", pool.name).permutation(len(pool))
        rows, left = order[:labels], order[labels:]
        ridge = RidgeCV(10.0 ** np.arange(-2, 4)).fit(costs[rows], normal_scores(truth[rows]))
        forecast = regressor.fit(rows.tolist(), truth[rows])
        rankings = {
            "score, no labels": pool.figures["general:score"],
            "ridge on costs": ridge.predict(costs),
            "regressor": forecast.mean,
        }
        for ranker, values in rankings.items():
            found.setdefault(ranker, []).append(tau(values[left], truth[left]))
        width = _WIDTH * np.sqrt(forecast.std**2 + noise)
        inside = np.abs(places - forecast.mean)[left] <= width[left]
        found.setdefault(INSIDE, []).append(float(inside.mean()))
    yield from ((ranker, fmean(values)) for ranker, values in found.items())


def over_families(rows: Sequence[Learnt]) -> float:
    """Mean over families of the mean over their tables and measures."""
    families: dict[str, list[float]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row.value)
    return fmean(fmean(values) for values in families.values())
