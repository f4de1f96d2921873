"""Simulated searches with trainings of several lengths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm
from sklearn.linear_model import RidgeCV

from benchmarks.rank_fidelity.short.lengths import SHARES
from nas.seeding import rng
from nas.study.selection.kernels import normal_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.rank_fidelity.pool import Floats
    from benchmarks.rank_fidelity.short.weighing import WeighingRegressor
    from nas.study.selection.regressor import Forecast

    Quality = Callable[["Searched"], Floats]

OPTIMISM = 0.5
"""As in :class:`nas.study.selection.finalist_selector.FinalistSelector`."""

_FEWEST = 3
_EACH_TIME, _SELDOM = 12, 4
"""Trainings after which a model is fitted after every fourth one only."""


@dataclass(eq=False, kw_only=True)
class Searched:
    """A search in progress.

    Attributes:
        score: Score before training (N,).
        macs: Multiply-accumulates (N,).
        costs: Costs as normal scores (N, K).
        regressor: Learns from trained architectures.
        labels: What trainings give (N,), for each length.
        noise: Variance that is expected of labels, for each length.
        seed: Of random numbers.
        trained: Rows of the trained architectures, in order, for each length.
    """

    score: Floats
    macs: Floats
    costs: Floats
    regressor: WeighingRegressor
    labels: Sequence[Floats]
    noise: Floats
    seed: int
    trained: list[list[int]] = field(default_factory=lambda: [[] for _ in SHARES])

    def known(self) -> tuple[list[int], Floats, np.ndarray]:
        """Rows of the trained architectures, their places in one order, and the longest lengths.

        Places are those after the shortest training, as normal scores. The architectures that
        were trained longer keep the places that they have together, and share them in the order
        of the longer training.
        """
        shortest = next((i for i, group in enumerate(self.trained) if group), 0)
        rows = self.trained[shortest]
        places = normal_scores(self.labels[shortest][rows]) if rows else np.zeros(0)
        longest, at = np.full(len(rows), shortest), {row: i for i, row in enumerate(rows)}
        for length in range(shortest + 1, len(SHARES)):
            group = self.trained[length]
            here = [at[row] for row in group]
            places[here] = np.sort(places[here])[_ranks(self.labels[length][group])]
            longest[here] = length
        return rows, places, longest

    def forecast(self, weigh: str) -> Forecast | None:
        """What the regressor expects; None before there are enough trainings.

        Args:
            weigh: ``alike`` for all labels alike, ``longest`` for the longest alone (those of the
                greatest length with enough of them), ``noise`` for each with the noise of its
                length, ``relative`` for the noise beyond that of the longest one.
        """
        if weigh == "longest":
            for length in reversed(range(len(SHARES))):
                group = self.trained[length]
                if len(group) >= _FEWEST:
                    return self.regressor.fit(group, self.labels[length][group])
            return None
        rows, places, longest = self.known()
        if len(rows) < _FEWEST:
            return None
        if weigh == "alike":
            return self.regressor.fit(rows, places)
        least = self.noise[longest.max()] if weigh == "relative" else 0.0
        return self.regressor.fit(rows, places, self.noise[longest] - least)


def _ranks(values: Floats) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


def by_chance(seen: Searched) -> Floats:
    """Random numbers."""
    return rng(seen.seed, "random").random(len(seen.score))


def by_macs(seen: Searched) -> Floats:
    """Multiply-accumulates."""
    return seen.macs


def by_score(seen: Searched) -> Floats:
    """The score before training."""
    return seen.score


def by_costs(seen: Searched) -> Floats:
    """A ridge on costs."""
    rows, places, _ = seen.known()
    if len(rows) < _FEWEST:
        return seen.score
    model = RidgeCV(10.0 ** np.arange(-2, 4)).fit(seen.costs[rows], places)
    return np.asarray(model.predict(seen.costs))


def by_label(seen: Searched) -> Floats:
    """The places of the trained architectures; others last."""
    rows, places, _ = seen.known()
    found = np.full(len(seen.score), -np.inf)
    found[rows] = places
    return found


def by_regressor(weigh: str, optimism: float = OPTIMISM) -> Quality:
    """The forecast and a multiple of its standard deviation."""

    def quality(seen: Searched) -> Floats:
        forecast = seen.forecast(weigh)
        return seen.score if forecast is None else forecast.mean + optimism * forecast.std

    return quality


def by_improvement(weigh: str) -> Quality:
    """The logarithm of the expected improvement on the best forecast of a trained one."""

    def quality(seen: Searched) -> Floats:
        forecast = seen.forecast(weigh)
        if forecast is None:
            return seen.score
        std = np.maximum(forecast.std, 1e-9)
        ahead = (forecast.mean - forecast.mean[seen.known()[0]].max()) / std
        improvement = std * (ahead * norm.cdf(ahead) + norm.pdf(ahead))
        return np.asarray(np.log(np.maximum(improvement, 1e-300)))

    return quality


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """How a search spends its trainings.

    Attributes:
        choose: Ranks the architectures of the first rung.
        shares: Part of the budget for each length.
        promote: Ranks the architectures of a rung, of which the best enter the next one.
        probes: Number of probes.
        rounds: Number of times that all rungs are run, each with its part of the budget; later
            ones know the labels of those before.
    """

    choose: Quality
    shares: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
    promote: Quality = by_label
    probes: int = 0
    rounds: int = 1

    def run(self, seen: Searched, budget: float, cost: Floats) -> int:
        """The architecture that is handed over: the best of the longest trainings.

        Args:
            seen: A search without any training.
            budget: In full trainings of an architecture of cost 1.
            cost: Cost of the full training of each architecture (N,).
        """
        lengths = [int(length) for length in np.flatnonzero(self.shares)]
        done = 0
        for turn in range(self.rounds):
            left = self.shares[lengths[0]] * budget / self.rounds
            left = self._first_rung(seen, lengths[0], left, cost, probes=turn == 0)
            entering = seen.trained[lengths[0]][done:]
            for length in lengths[1:]:
                left += self.shares[length] * budget / self.rounds
                entering, left = self._rung(seen, length, entering, left, cost)
            done = len(seen.trained[lengths[0]])
        label = seen.labels[lengths[-1]]
        return max(seen.trained[lengths[-1]], key=lambda row: label[row])

    def _first_rung(
        self, seen: Searched, length: int, left: float, cost: Floats, *, probes: bool
    ) -> float:
        """Train architectures one after another as far as the budget goes; what is left of it."""
        trained, begun = seen.trained[length], len(seen.trained[length])
        planned = self._planned(seen) if probes else []
        quality = self.choose(seen)
        while len(trained) < len(quality):
            open_quality = quality.copy()
            open_quality[trained] = -np.inf
            row = planned.pop(0) if planned else int(open_quality.argmax())
            price = SHARES[length] * cost[row]
            if price > left + 1e-9 and len(trained) > begun:
                break
            left -= price
            trained.append(row)
            if len(trained) <= _EACH_TIME or len(trained) % _SELDOM == 0:
                quality = self.choose(seen)
        return left

    def _rung(
        self, seen: Searched, length: int, entering: Sequence[int], left: float, cost: Floats
    ) -> tuple[list[int], float]:
        """Train the best of those that enter; them, and what is left of the budget."""
        quality = self.promote(seen)
        entered: list[int] = []
        for row in sorted(entering, key=lambda one: -quality[one]):
            price = SHARES[length] * cost[row]
            if price > left + 1e-9 and entered:
                break
            left -= price
            entered.append(row)
        seen.trained[length] += entered
        return entered, left

    def _planned(self, seen: Searched) -> list[int]:
        """The first in rank, and probes spread evenly over the ranking."""
        order = np.argsort(-seen.score, kind="stable")
        spread = np.linspace(0, len(order) - 1, self.probes + 2, dtype=int)[:-1]
        return [int(row) for row in order[spread]] if self.probes else []
