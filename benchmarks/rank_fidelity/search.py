"""Searches on tables: which architectures are trained when accuracies are looked up.

    python -m benchmarks.rank_fidelity.search

A search sees a random half of the measured architectures of a table, trains some of them one after
another, and hands over the best. Budgets are numbers of trainings, or the multiply-accumulates of
that number of average trainings. The prior of the regressor is fitted to the other families.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm
from sklearn.linear_model import RidgeCV

from benchmarks.rank_fidelity.fit import fitted
from benchmarks.rank_fidelity.pool import COSTS, pools
from nas.seeding import rng
from nas.study.selection.kernels import normal_scores
from nas.study.selection.regressor import AccuracyRegressor, Prior

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool

    Choose = Callable[["Seen"], int]

BUDGETS = (5, 10, 20)
_SEEDS = 20
_FIRST = 3
"""Trainings before a model chooses: the first in rank."""
_CHOICES_ALONE = Prior(choices=0.5, likeness=0.25, figures=0.0, noise=0.25)
_OPTIMISM = 0.5
"""As in :class:`nas.study.selection.finalist_selector.FinalistSelector`."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A search in progress: what is known of the architectures, and the accuracies so far.

    Attributes:
        score: Score before training (N,).
        macs: Multiply-accumulates (N,).
        costs: Costs as normal scores (N, K).
        regressor: Learns from trained architectures.
        of_choices: The same without figures.
        rows: Rows of the trained architectures.
        accuracies: Their accuracies.
    """

    score: Floats
    macs: Floats
    costs: Floats
    regressor: AccuracyRegressor
    of_choices: AccuracyRegressor
    rows: list[int]
    accuracies: list[float]

    def best(self, quality: Floats) -> int:
        """The row of the best untrained architecture."""
        open_rows = np.ones(len(quality), dtype=bool)
        open_rows[self.rows] = False
        return int(np.where(open_rows, quality, -np.inf).argmax())


def in_rank(seen: Seen) -> int:
    """The next architecture by the score."""
    return seen.best(seen.score)


def largest(seen: Seen) -> int:
    """The architecture with the most multiply-accumulates."""
    return seen.best(seen.macs)


def ridge(seen: Seen) -> int:
    """The best by a ridge on costs."""
    if len(seen.rows) < _FIRST:
        return in_rank(seen)
    learnt = RidgeCV(10.0 ** np.arange(-2, 4)).fit(
        seen.costs[seen.rows], normal_scores(np.array(seen.accuracies))
    )
    return seen.best(learnt.predict(seen.costs))


def regressor(seen: Seen) -> int:
    """The best by the regressor, uncertain architectures earlier, as a search does it."""
    if len(seen.rows) < _FIRST:
        return in_rank(seen)
    forecast = seen.regressor.fit(seen.rows, seen.accuracies)
    return seen.best(forecast.mean + _OPTIMISM * forecast.std)


def after_probes(seen: Seen) -> int:
    """The same, but the second and third training are probes spread over the ranking."""
    if len(seen.rows) >= _FIRST:
        return regressor(seen)
    order = np.argsort(-seen.score)
    spread = np.linspace(0, len(order) - 1, _FIRST + 1, dtype=int)[:-1]
    return int(order[spread[len(seen.rows)]])


def choices_alone(seen: Seen) -> int:
    """The best by a Gaussian process on the choices, which knows no figure."""
    if len(seen.rows) < _FIRST:
        return len(seen.rows)  # the architectures are in random order
    forecast = seen.of_choices.fit(seen.rows, seen.accuracies)
    return seen.best(forecast.mean + _OPTIMISM * forecast.std)


def per_cost(seen: Seen) -> int:
    """The largest expected improvement for each multiply-accumulate (Snoek et al. 2012, §3.2)."""
    if len(seen.rows) < _FIRST:
        return in_rank(seen)
    forecast = seen.regressor.fit(seen.rows, seen.accuracies)
    std = np.maximum(forecast.std, 1e-9)
    ahead = (forecast.mean - forecast.mean[seen.rows].max()) / std
    improvement = std * (ahead * norm.cdf(ahead) + norm.pdf(ahead))
    return seen.best(np.log(np.maximum(improvement, 1e-300)) - np.log(seen.macs))


STRATEGIES: dict[str, Choose | None] = {
    "random": None,
    "largest first": largest,
    "score": in_rank,
    "ridge on costs": ridge,
    "Gaussian process on choices": choices_alone,
    "regressor": regressor,
    "regressor after two probes": after_probes,
    "regressor, improvement per cost": per_cost,
}


@dataclass(frozen=True)
class Outcome:
    """Where the best trained architecture stands.

    Attributes:
        regret: Its distance from the best of all, in standard deviations of the accuracies.
    """

    family: str
    window: str
    budget: str
    strategy: str
    seed: int
    regret: float


def outcomes(known: Sequence[Pool]) -> Iterator[Outcome]:
    """All strategies on all tables."""
    for family in sorted({pool.family for pool in known}):
        prior = fitted([pool for pool in known if pool.family != family])
        for pool in known:
            if pool.family == family:
                for seed in range(_SEEDS):
                    yield from _searches(pool, seed, prior)


def _searches(pool: Pool, seed: int, prior: Prior) -> Iterator[Outcome]:
    draws = rng(seed, "search on tables", pool.name)
    half = draws.permutation(len(pool))[: len(pool) // 2]
    by_cost = half[np.argsort(pool.figures["macs"][half])]
    middle = by_cost[len(half) // 4 : -len(half) // 4]
    for window, rows in (("any cost", half), ("equal cost", middle)):
        for truth in pool.truths.values():
            for name, choose in STRATEGIES.items():
                order = _order(pool, rows, truth[rows], choose, prior, draws)
                yield from _measured(pool, window, name, seed, rows[order], rows, truth)


def _order(
    pool: Pool,
    rows: np.ndarray,
    truth: Floats,
    choose: Choose | None,
    prior: Prior,
    draws: np.random.Generator,
) -> list[int]:
    """The order in which a strategy trains architectures, long enough for all budgets."""
    if choose is None:
        return list(draws.permutation(len(rows)))
    choices = [pool.choices[row] for row in rows]
    seen = Seen(
        score=pool.figures["general:score"][rows],
        macs=pool.figures["macs"][rows],
        costs=np.stack([normal_scores(pool.figures[name][rows]) for name in COSTS], 1),
        regressor=AccuracyRegressor(
            pool.figures["general:score"][rows],
            [figure[rows] for figure in pool.learned_from("general")],
            choices,
            prior,
        ),
        of_choices=AccuracyRegressor(np.zeros(len(rows)), [], choices, _CHOICES_ALONE),
        rows=[],
        accuracies=[],
    )
    for _ in range(min(len(rows), 2 * max(BUDGETS))):
        row = choose(seen)
        seen.rows.append(row)
        seen.accuracies.append(float(truth[row]))
    return seen.rows


def _measured(
    pool: Pool,
    window: str,
    name: str,
    seed: int,
    order: np.ndarray,
    rows: np.ndarray,
    truth: Floats,
) -> Iterator[Outcome]:
    macs, scale = pool.figures["macs"], float(truth[rows].std())
    spent = np.cumsum(macs[order])
    for budget in BUDGETS:
        if 2 * budget > len(rows):
            continue
        affordable = max(1, int((spent <= budget * macs[rows].mean()).sum()))
        for unit, count in (("trainings", budget), ("MACs", affordable)):
            regret = float(truth[rows].max() - truth[order[:count]].max()) / scale
            yield Outcome(pool.family, window, f"{budget} {unit}", name, seed, regret)


def report(found: Sequence[Outcome]) -> list[str]:
    """Mean regret over families for each strategy and budget, with the error over seeds."""
    values: dict[tuple[str, str, str], dict[str, dict[int, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for one in found:
        values[one.window, one.budget, one.strategy][one.family][one.seed].append(one.regret)
    columns = list(dict.fromkeys((one.window, one.budget) for one in found))
    lines = [
        "| strategy | " + " | ".join(f"{budget}, {window}" for window, budget in columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for name in STRATEGIES:
        cells = [_cell(values[window, budget, name]) for window, budget in columns]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cell(families: dict[str, dict[int, list[float]]]) -> str:
    per_seed = [
        fmean(fmean(seeds[seed]) for seeds in families.values() if seed in seeds)
        for seed in range(_SEEDS)
    ]
    return f"{fmean(per_seed):.2f} ± {stdev(per_seed) / math.sqrt(len(per_seed)):.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Search, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--from", dest="folder", type=Path, default=Path(__file__).parent / "results"
    )
    print("\n".join(report(list(outcomes(pools(parser.parse_args(arguments).folder))))))


if __name__ == "__main__":
    main()
