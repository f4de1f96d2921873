"""Ranking after a few trainings: the accuracies of some architectures are known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
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
from nas.study.selection.regressor import AccuracyRegressor, Prior

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.rank_fidelity.pool import Floats, Pool
    from nas.study.selection.regressor import Forecast

LABELS = (5, 10, 20, 50, 100)
PENALTIES = 10.0 ** np.arange(-2, 4)
"""Of a ridge regression; cross-validation chooses."""

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
    predictor: str
    labels: int
    ranker: str
    value: float


def learnt(known: Sequence[Pool]) -> Iterator[Learnt]:
    """Each ranker on each table; the prior is fitted to the other families."""
    for family in sorted({pool.family for pool in known}):
        prior = fitted([pool for pool in known if pool.family != family])
        for case in _cases([pool for pool in known if pool.family == family]):
            pool, measure, predictor, labels = case
            for ranker, value in _values(*case, prior):
                yield Learnt(family, pool.name, measure, predictor, labels, ranker, value)


def _cases(known: Sequence[Pool]) -> Iterator[tuple[Pool, str, str, int]]:
    """Pool, measure, predictor and number of labels of each case that leaves enough to rank."""
    for pool in known:
        predictors = [one for one in ("general", "own") if f"{one}:score" in pool.figures]
        numbers = [labels for labels in LABELS if len(pool) - labels >= _FEWEST_LEFT]
        yield from product([pool], pool.truths, predictors, numbers)


def _values(
    pool: Pool, measure: str, predictor: str, labels: int, prior: Prior
) -> Iterator[tuple[str, float]]:
    """The mean value of each ranker over random draws of labels."""
    truth = pool.truths[measure]
    places = normal_scores(truth)
    found: dict[str, list[float]] = {}
    for draw in draws(pool, measure, predictor, labels, prior):
        for ranker, values in draw.rankings.items():
            found.setdefault(ranker, []).append(tau(values[draw.left], truth[draw.left]))
        width = _WIDTH * np.sqrt(draw.forecast.std**2 + prior.noise)
        inside = np.abs(places - draw.forecast.mean)[draw.left] <= width[draw.left]
        found.setdefault(INSIDE, []).append(float(inside.mean()))
    yield from ((ranker, fmean(values)) for ranker, values in found.items())


@dataclass(frozen=True, eq=False)
class Draw:
    """What is known after the trainings of some random architectures.

    Attributes:
        labelled: Rows of the architectures with a label.
        left: Rows of the others.
        rankings: Values (N,) of all architectures by ranker, higher promises more.
        forecast: That of the regressor.
    """

    labelled: NDArray[np.intp]
    left: NDArray[np.intp]
    rankings: Mapping[str, Floats]
    forecast: Forecast


def draws(pool: Pool, measure: str, predictor: str, labels: int, prior: Prior) -> Iterator[Draw]:
    """Random draws of labels, and what each ranker makes of them."""
    truth, score = pool.truths[measure], pool.figures[f"{predictor}:score"]
    regressor = AccuracyRegressor(score, pool.learned_from(predictor), pool.choices, prior)
    costs = np.stack([normal_scores(pool.figures[name]) for name in COSTS], 1)
    for draw in range(_DRAWS):
        order = rng(draw, "labels", pool.name).permutation(len(pool))
        rows = order[:labels]
        ridge = RidgeCV(PENALTIES).fit(costs[rows], normal_scores(truth[rows]))
        forecast = regressor.fit(rows.tolist(), truth[rows])
        rankings = {
            "score, no labels": score,
            "ridge on costs": ridge.predict(costs),
            "regressor": forecast.mean,
        }
        yield Draw(rows, order[labels:], rankings, forecast)


def over_families(rows: Sequence[Learnt]) -> float:
    """Mean over families of the mean over their tables and measures."""
    families: dict[str, list[float]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row.value)
    return fmean(fmean(values) for values in families.values())
