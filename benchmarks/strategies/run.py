"""Every sampler on tables of whole spaces: what is found after how many trainings.

    python -m benchmarks.strategies.run

An evaluation is the training of an architecture that was not trained before; asking for a known
one again costs nothing. With one objective a search is judged by the test accuracy of what looked
best, with two by the hypervolume of what it found, as a share of that of the whole table. Results
are in ``results/``, one file for each goal, and the same command goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState

from benchmarks.strategies import tables
from nas.files import write_json
from nas.seeding import rng
from nas.study.record.storage import quiet_optuna
from nas.study.samplers.evolution import RegularisedEvolutionSampler
from nas.study.samplers.registry import SAMPLERS, make_sampler
from nas.study.samplers.reinforce import ReinforceSampler
from nas.study.selection.pareto import first_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from optuna.samplers import BaseSampler

    from benchmarks.strategies.tables import Table

    Floats = NDArray[np.float64]
    Steps = list[tuple[int, float]]
    """Number of evaluations, and what was reached by then, wherever it changed."""

RESULTS = Path(__file__).parent / "results"
MARKS = (10, 20, 50, 100, 200)
LARGEST = "largest first"
RIVAL, RIVAL_EVALUATIONS = "nsga2", 1000
"""The hypervolume that others are to reach with fewer evaluations."""
GUIDED, TARGET = "predictor-guided", 125
_ASKS = 3
"""A search ends after this many proposals for each evaluation, if few of them are new."""

VARIANTS: dict[str, Callable[[int], BaseSampler]] = {
    "evolution, population of 10": lambda seed: RegularisedEvolutionSampler(
        population_size=10, tournament_size=3, seed=seed
    ),
    "the same with crossover": lambda seed: RegularisedEvolutionSampler(
        population_size=10, tournament_size=3, crossover_prob=0.5, seed=seed
    ),
    "reinforce, each choice a class": lambda seed: ReinforceSampler(class_of=str, seed=seed),
}
STRATEGIES: dict[str, Callable[[int], BaseSampler]] = {
    **{name: partial(make_sampler, name) for name in SAMPLERS},
    **VARIANTS,
}


@dataclass(frozen=True)
class Goal:
    """A table, and what is searched in it.

    Attributes:
        table: Gives the table.
        cost: The cost that is minimised beside the accuracy; empty if there is none.
    """

    table: Callable[[], Table]
    cost: str = ""


GOALS = {
    "nb201": Goal(tables.nb201),
    "nas-bench-graph": Goal(tables.nas_bench_graph),
    "transnas-class_object": Goal(partial(tables.transnas, "class_object")),
    "nb201-macs": Goal(tables.nb201, "macs"),
    **{f"nb201-{device}": Goal(tables.nb201, device) for device in tables.DEVICES},
}


class Judge:
    """Follows what a search has reached.

    Attributes:
        evaluations: Number of different architectures so far.
        steps: What was reached, wherever it changed.
    """

    def __init__(self, table: Table, cost: str) -> None:
        self._table, self._cost = table, cost
        self.evaluations = 0
        self.steps: Steps = []
        self._known: set[str] = set()
        self._front = np.zeros((0, 2))
        self._best = -math.inf
        if cost:
            self._reference, self._whole = whole(table, cost)

    def values(self, key: str) -> list[float]:
        """The objectives of an architecture, as a study sees them."""
        accuracy = self._table.seen[key]
        return [accuracy, self._table.costs[self._cost][key]] if self._cost else [accuracy]

    def see(self, key: str) -> None:
        """Count an architecture unless it is known."""
        if key in self._known:
            return
        self._known.add(key)
        self.evaluations += 1
        reached = self._with(key)
        if not self.steps or reached != self.steps[-1][1]:
            self.steps.append((self.evaluations, reached))

    def _with(self, key: str) -> float:
        if not self._cost:
            if self._table.seen[key] <= self._best:
                return self.steps[-1][1]
            self._best = self._table.seen[key]
            return round(self._table.judged[key], 6)
        accuracy, price = self.values(key)
        points = np.vstack([self._front, (-accuracy, price)])
        self._front = points[first_front(points)]
        return round(hypervolume(self._front, self._reference) / self._whole, 6)


@cache
def whole(table: Table, cost: str) -> tuple[Floats, float]:
    """The worst of both objectives (2,), and the hypervolume of a whole table up to it."""
    prices = table.costs[cost]
    points = np.array([(-accuracy, prices[key]) for key, accuracy in table.seen.items()])
    return points.max(0), hypervolume(points, points.max(0))


def hypervolume(points: Floats, reference: Floats) -> float:
    """Area that points (N, 2) dominate up to a reference, less being better."""
    front = points[first_front(points)]
    heights = np.diff(front[:, 1], prepend=reference[1])
    return float(-((reference[0] - front[:, 0]) * heights).sum())


def searched(goal: Goal, name: str, seed: int, evaluations: int) -> Steps:
    """What a strategy reaches."""
    table = goal.table()
    judge = Judge(table, goal.cost)
    if name == LARGEST:
        sizes, draws = table.costs[table.size], rng(seed, LARGEST)
        for key in sorted(table.seen, key=lambda key: (-sizes[key], draws.random()))[:evaluations]:
            judge.see(key)
        return judge.steps
    directions = [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE][: 1 + bool(goal.cost)]
    study = optuna.create_study(directions=directions, sampler=STRATEGIES[name](seed))
    for _ in range(_ASKS * evaluations):
        trial = study.ask()
        key = table.ask(trial)
        if key:
            study.tell(trial, judge.values(key))
            judge.see(key)
        else:
            study.tell(trial, state=TrialState.FAIL)
        if judge.evaluations == evaluations:
            break
    return judge.steps


def reached(steps: Steps, evaluations: int) -> float:
    """What was reached after so many evaluations."""
    return [value for count, value in steps if count <= evaluations][-1]


def needed(steps: Steps, level: float) -> int | None:
    """Evaluations until a level; None if it was not reached."""
    return next((count for count, value in steps if value >= level), None)


def measure(file: Path, strategies: Sequence[str], seeds: int) -> None:
    """Run the searches of a goal that are missing in its file."""
    found: dict[str, list[Steps]] = json.loads(file.read_text()) if file.exists() else {}
    goal = GOALS[file.stem]
    for seed in range(seeds):
        for strategy in strategies:
            rows = found.setdefault(strategy, [])
            if len(rows) == seed:
                is_rival = bool(goal.cost) and strategy == RIVAL
                count = RIVAL_EVALUATIONS if is_rival else MARKS[-1]
                rows.append(searched(goal, strategy, seed, count))
        write_json(file, found)


def report(name: str, found: dict[str, list[Steps]]) -> Iterator[str]:
    """The table of a goal in Markdown."""
    cost = GOALS[name].cost
    level = math.nan
    if cost and found.get(RIVAL):
        level = fmean(reached(steps, RIVAL_EVALUATIONS) for steps in found[RIVAL])
    marks = (*MARKS[:4], TARGET, MARKS[4]) if cost else MARKS
    heads = [*map(str, marks), *(["evaluations to the level"] if cost else []), "n"]
    yield f"| {name} | {' | '.join(heads)} |"
    yield f"| --- |{' --- |' * len(heads)}"
    for strategy in (*STRATEGIES, LARGEST):
        rows = found.get(strategy)
        if not rows:
            continue
        cells = [_cell([100 * reached(steps, mark) for steps in rows]) for mark in marks]
        if cost:
            cells.append(_needed(rows, level))
        cells.append(str(len(rows)))
        yield f"| {strategy} | {' | '.join(cells)} |"
    if level == level:
        yield f"\nlevel: {100 * level:.2f}, {RIVAL} after {RIVAL_EVALUATIONS} evaluations"
    if level == level and found.get(GUIDED):
        ahead = fmean(reached(steps, TARGET) for steps in found[GUIDED])
        yield (
            f"{GUIDED} after {TARGET} evaluations: {100 * ahead:.2f}; {RIVAL} reaches it after "
            f"{_needed(found[RIVAL], ahead)}"
        )


def _needed(rows: Sequence[Steps], level: float) -> str:
    """Median of the evaluations until a level, and how many searches reached it."""
    counts = sorted(needed(steps, level) or math.inf for steps in rows)
    middle = counts[len(counts) // 2]
    share = f"{sum(count < math.inf for count in counts)} of {len(counts)}"
    return f"{middle if middle < math.inf else 'more'} ({share})"


def _cell(values: Sequence[float]) -> str:
    mean = f"{fmean(values):.2f}"
    return mean if len(values) < 2 else f"{mean} ± {stdev(values) / math.sqrt(len(values)):.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Search what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--goals", nargs="+", choices=GOALS, default=list(GOALS))
    add("--strategies", nargs="+", choices=[*STRATEGIES, LARGEST], default=None)
    add("--seeds", type=int, default=20)
    add("--print", action="store_true", help="print the tables of the stored results only")
    options = parser.parse_args(arguments)
    with quiet_optuna():
        for name in options.goals:
            file = RESULTS / f"{name}.json"
            if not options.print:
                measure(file, options.strategies or [*STRATEGIES, LARGEST], options.seeds)
            if file.exists():
                print("\n".join(report(name, json.loads(file.read_text()))), flush=True)
    print("\nmean ± standard error over the seeds, %")


if __name__ == "__main__":
    main()
