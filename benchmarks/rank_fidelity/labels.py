"""How to spend trainings: many short ones, few long ones, or both.

    python -m benchmarks.rank_fidelity.labels            # simulates, and keeps the results
    python -m benchmarks.rank_fidelity.labels --print    # the tables of the stored results

Trainings are looked up in tables. All strategies spend the same budget, counted in full trainings
of an average network, by epochs or by epochs times multiply-accumulates. What is fitted, the prior
of the regressor and the noise expected of short trainings, is fitted to the other families.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.rank_fidelity import store
from benchmarks.rank_fidelity.fit import RESULTS, fitted
from benchmarks.rank_fidelity.pool import COSTS, pools
from benchmarks.rank_fidelity.short.halving import (
    Searched,
    Strategy,
    by_chance,
    by_costs,
    by_improvement,
    by_macs,
    by_regressor,
    by_score,
)
from benchmarks.rank_fidelity.short.lengths import SHARES, labels, noise_elsewhere, qualities
from benchmarks.rank_fidelity.short.weighing import WeighingRegressor
from benchmarks.rank_fidelity.zero_labels import tau
from cli.progress import Display
from nas.events import stage
from nas.seeding import rng
from nas.study.selection.kernels import normal_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool
    from nas.study.selection.regressor import Prior

_SEEDS = 20
_LONG_SEEDS = 5
"""Seeds of what takes long: budgets in multiply-accumulates, and the largest one."""
_MEASURES = 2
"""Measures of each table, so that one with many does not take most of the time."""

BUDGETS = (2.5, 5, 10, 20)
LEARNING_BUDGETS = (2.5, 5)
RANKED_BY = ("score", "chance", "reversed")
"""What ranks before training: the score, random numbers, or the score in reverse."""

_FULL = (0.0, 0.0, 1.0)
_PLAIN, _NOISE = by_regressor("alike"), by_regressor("noise")
_PLAINLY = "regressor"
STRATEGIES: dict[str, Strategy] = {
    "random, full trainings": Strategy(choose=by_chance, shares=_FULL),
    "largest first, full trainings": Strategy(choose=by_macs, shares=_FULL),
    "score, full trainings": Strategy(choose=by_score, shares=_FULL),
    "regressor, full trainings": Strategy(choose=_PLAIN, shares=_FULL),
    "random": Strategy(choose=by_chance),
    "largest first": Strategy(choose=by_macs),
    "score": Strategy(choose=by_score),
    "ridge on costs": Strategy(choose=by_costs),
    _PLAINLY: Strategy(choose=_PLAIN),
    "regressor, expected improvement": Strategy(choose=by_improvement("alike")),
    "regressor that knows the noise": Strategy(choose=_NOISE),
    "regressor, also promotes": Strategy(choose=_PLAIN, promote=by_regressor("alike", 0)),
    "the same, knows the noise": Strategy(choose=_NOISE, promote=by_regressor("noise", 0)),
    "regressor, two rounds": Strategy(choose=_PLAIN, rounds=2),
    "two rounds, knows the noise": Strategy(choose=_NOISE, rounds=2),
    "regressor, from three tenths": Strategy(choose=_PLAIN, shares=(0, 0.5, 0.5)),
    "regressor, a tenth, then full": Strategy(choose=_PLAIN, shares=(0.5, 0, 0.5)),
    "regressor, half for the full ones": Strategy(choose=_PLAIN, shares=(0.2, 0.3, 0.5)),
}
_WITHOUT_A_SCORE = (
    "random",
    "largest first",
    "ridge on costs",
    "regressor",
    "regressor, expected improvement",
)
"""Strategies that are compared where the score is worth nothing."""

_TWO = "two probes"
PROBES: dict[str, Strategy] = {
    "no probes": Strategy(choose=_PLAIN),
    "one probe": Strategy(choose=_PLAIN, probes=1),
    _TWO: Strategy(choose=_PLAIN, probes=2),
    "four probes": Strategy(choose=_PLAIN, probes=4),
    "two probes, noise known": Strategy(choose=_NOISE, probes=2),
}
"""What probes are worth, and whether a regressor that doubts short labels needs other ones."""

RANKERS = ("alike", "longest", "relative", "noise")
DESIGNS: dict[str, Strategy] = {
    "many short": Strategy(choose=by_chance, shares=(1, 0, 0)),
    "middle": Strategy(choose=by_chance, shares=(0, 1, 0)),
    "few full": Strategy(choose=by_chance, shares=_FULL),
    "halving": Strategy(choose=by_chance),
}


Values = dict[str, dict[str, float]]
"""Regret, or tau, by column and row of a table."""


def cases(known: Sequence[Pool]) -> Iterator[tuple[str, Pool, str, int, Prior]]:
    """Name, pool, measure, seed, and the prior that other families suggest."""
    priors = {
        family: fitted([pool for pool in known if pool.family != family])
        for family in {pool.family for pool in known}
    }
    for seed in range(_SEEDS):
        for pool in known:
            for measure in [*pool.truths][:_MEASURES]:
                name = f"{pool.family}/{pool.name}/{measure}/{seed}"
                yield name, pool, measure, seed, priors[pool.family]


def simulate(known: Sequence[Pool], file: Path) -> None:
    """All searches, and all rankings by few labels, that a file does not hold."""
    done: dict[str, Any] = store.read(file) if file.exists() else {}
    planned = list(cases(known))
    with stage(Display(), "simulations", len(planned)) as progress:
        for number, (name, pool, measure, seed, prior) in enumerate(planned, 1):
            parts = done.setdefault(name, {})
            rows = rng(seed, "labels", pool.name).permutation(len(pool))[: 2 * len(pool) // 3]
            truth = pool.truths[measure][rows]
            starts = {one: _start(pool, measure, rows, seed, prior, one) for one in RANKED_BY}
            if "searches" not in parts:
                parts["searches"] = _searches(starts, truth, is_long=seed < _LONG_SEEDS)
            if "learning" not in parts:
                parts["learning"] = _learning(starts[RANKED_BY[0]], truth)
            if "probes" not in parts:
                parts["probes"] = _probes(starts, truth)
            store.write(file, done)
            progress.advance(number)


def _start(
    pool: Pool, measure: str, rows: np.ndarray, seed: int, prior: Prior, ranked_by: str
) -> Searched:
    score = pool.figures["general:score"][rows]
    if ranked_by != "score":
        chance = rng(seed, "chance", pool.name).random(len(rows))
        score = -score if ranked_by == "reversed" else chance
    return Searched(
        score=score,
        macs=pool.figures["macs"][rows],
        costs=np.stack([normal_scores(pool.figures[name][rows]) for name in COSTS], 1),
        regressor=WeighingRegressor(
            score,
            [figure[rows] for figure in pool.learned_from("general")],
            [pool.choices[row] for row in rows],
            prior,
        ),
        labels=labels(pool, measure, rows, seed),
        noise=noise_elsewhere(pool.family),
        seed=seed,
    )


def _anew(start: Searched) -> Searched:
    start.trained = [[] for _ in SHARES]
    return start


def _columns(*, is_score: bool, is_long: bool) -> list[tuple[float, str]]:
    """Budgets and their units."""
    brief = [(budget, "epochs") for budget in BUDGETS if budget <= (10 if is_score else 5)]
    beside = [(budget, "MACs") for budget in BUDGETS[:-1]] + [(BUDGETS[-1], "epochs")]
    return brief + beside if is_score and is_long else brief


def _searches(starts: Mapping[str, Searched], truth: Floats, *, is_long: bool) -> Values:
    """The regret of each strategy for each budget."""
    macs = starts[RANKED_BY[0]].macs
    units = {"epochs": np.ones(len(truth)), "MACs": macs / macs.mean()}
    return {
        f"{ranked_by}, {budget:g}, {unit}": {
            name: _regret(strategy, start, budget, units[unit], truth)
            for name, strategy in STRATEGIES.items()
            if (is_score or name in _WITHOUT_A_SCORE) and strategy.rounds <= budget / 2
        }
        for ranked_by, start in starts.items()
        for is_score in [ranked_by == RANKED_BY[0]]
        for budget, unit in _columns(is_score=is_score, is_long=is_long)
    }


def _probes(starts: Mapping[str, Searched], truth: Floats) -> Values:
    """The regret by the number of probes."""
    cost = np.ones(len(truth))
    return {
        f"{ranked_by}, {budget:g}": {
            name: _regret(strategy, start, budget, cost, truth)
            for name, strategy in PROBES.items()
        }
        for ranked_by, start in starts.items()
        for budget in LEARNING_BUDGETS
    }


def _regret(
    strategy: Strategy, start: Searched, budget: float, cost: Floats, truth: Floats
) -> float:
    """Distance of what is handed over from the best, in standard deviations."""
    best = strategy.run(_anew(start), budget, cost)
    return round(float((truth.max() - truth[best]) / truth.std()), 4)


def _learning(start: Searched, truth: Floats) -> Values:
    """Tau of each ranker after random trainings of each design."""
    found: Values = {}
    for budget, (design, strategy) in product(LEARNING_BUDGETS, DESIGNS.items()):
        seen = _anew(start)
        strategy.run(seen, budget, np.ones(len(truth)))
        forecasts = {ranker: seen.forecast(ranker) for ranker in RANKERS}
        rankings = {
            "score, no labels": seen.score,
            "ridge on costs": by_costs(seen),
            **{name: seen.score if one is None else one.mean for name, one in forecasts.items()},
        }
        found[f"{budget:g}, {design}"] = {
            name: round(tau(ranking, truth), 4) for name, ranking in rankings.items()
        }
    return found


@dataclass(frozen=True)
class Cell:
    """A value of a table.

    Attributes:
        mean: Mean over families, of the mean over their tables and measures.
        error: Its standard error over seeds.
        difference: To the row that others are compared with, seed by seed.
        its_error: The standard error of the difference.
        families: The mean of each family.
    """

    mean: float
    error: float
    difference: float
    its_error: float
    families: Mapping[str, float]


def summary(done: Mapping[str, Any], part: str, rival: str) -> dict[str, dict[str, Cell]]:
    """The cells by column and row."""
    values: dict[tuple[str, str], dict[int, dict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for name, found in done.items():
        family, *_, seed = name.split("/")
        for column, rows in found.get(part, {}).items():
            for row, value in rows.items():
                values[column, row][int(seed)][family].append(value)

    def per_seed(column: str, row: str) -> list[float]:
        return [fmean(map(fmean, one.values())) for one in values[column, row].values()]

    cells: dict[str, dict[str, Cell]] = defaultdict(dict)
    for (column, row), seeds in list(values.items()):
        own = per_seed(column, row)
        ahead = [a - b for a, b in zip(own, per_seed(column, rival), strict=True)]
        families = {
            family: fmean(fmean(seed[family]) for seed in seeds.values())
            for family in next(iter(seeds.values()))
        }
        cells[column][row] = Cell(fmean(own), _error(own), fmean(ahead), _error(ahead), families)
    return cells


def _error(values: Sequence[float]) -> float:
    return stdev(values) / math.sqrt(len(values))


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS / "labels" / "labels.json.gz")
    parser.add_argument("--print", action="store_true", help="print the stored results only")
    options = parser.parse_args(arguments)
    if not options.print:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        simulate(pools(RESULTS), options.out)
    print("\n\n".join(["\n".join(quality_table()), *tables(store.read(options.out))]))


def tables(done: Mapping[str, Any]) -> list[str]:
    """The tables of the simulations, in Markdown."""
    searches = summary(done, "searches", _PLAINLY)
    groups = (
        "score, 2.5 5 10 20, epochs",
        "score, 2.5 5 10, MACs",
        "chance reversed, 2.5 5, epochs",
    )
    parts = [(summary(done, "learning", "alike"), "alike")]
    for group in groups:
        names = (set(one.split()) for one in group.split(", "))
        ranked_by, budgets, units = names
        shown = {
            column: rows
            for column, rows in searches.items()
            for one in [column.split(", ")]
            if one[0] in ranked_by and one[1] in budgets and one[2] in units
        }
        parts.append((shown, _PLAINLY))
    parts.append((summary(done, "probes", _TWO), _TWO))
    return ["\n".join(table(cells, rival)) for cells, rival in parts]


def table(cells: Mapping[str, Mapping[str, Cell]], rival: str) -> list[str]:
    """A column for each budget, and a row for each strategy with its difference to a rival."""
    rows = dict.fromkeys(row for column in cells.values() for row in column)
    lines = [_line("", *cells), _line(*["---"] * (len(cells) + 1))]
    for row in rows:
        shown = (_cell(column.get(row), row == rival) for column in cells.values())
        lines.append(_line(row, *shown))
    return lines


def quality_table() -> list[str]:
    """How good labels are, by their length."""
    heads = ("labels", "epochs", "of", "τ", "±", "τ in the better half", "noise")
    return [_line(*heads), _line(*["---"] * len(heads))] + [
        _line(
            one.table,
            one.epochs,
            one.of,
            *(f"{value:.2f}" for value in (one.tau, one.error, one.better, one.noise)),
        )
        for one in qualities()
    ]


def _cell(cell: Cell | None, is_rival: bool) -> str:
    if cell is None:
        return ""
    if is_rival:
        return f"{cell.mean:.3f} ± {cell.error:.3f}"
    sure = "**" * (abs(cell.difference) > 2 * cell.its_error > 0)
    return f"{cell.mean:.3f} ({sure}{cell.difference:+.3f} ± {cell.its_error:.3f}{sure})"


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
