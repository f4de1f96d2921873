"""Would a search find better networks if only the promising ones were scored in full?

    python -m benchmarks.rank_fidelity.cascade --data-dir data   # measures what is missing, prints

A search that may spend some time on scoring sees either few networks in full, or more of them
first by their costs, the best of these with NASWOT of untrained weights, and the best of those
with predicted weights. It trains the best of those it has scored furthest. Times are of the
processor, measured on some networks of each table; scores are those of the tables.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.stats import rankdata

import nas
from benchmarks.rank_fidelity.measure import GENERAL
from benchmarks.rank_fidelity.pool import pools
from benchmarks.truth import table as truth
from hypernets.checkpoint import load
from nas.analysis.cost import cost
from nas.compile.apply import calibrate
from nas.evaluate.estimate import ScoreConfig
from nas.evaluate.meter import Meter, proxy_of
from nas.evaluate.naswot import ActivationKernel
from nas.evaluate.untrained import UNTRAINED, UntrainedWeights
from nas.files import write_json
from nas.seeding import rng
from nas.space.candidate import candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool
    from nas.data.dataset import Dataset
    from nas.space.candidate import Candidate

_FOLDER = Path(__file__).parent / "results"
_SECONDS = Path(__file__).parent / "seconds.json"

_TIMED = 6
"""Networks whose scoring is timed in each table, after one that allocates memory."""

_IMAGES = 64
"""Images whose activation patterns NASWOT compares."""

_SEEDS = 40
_FINALISTS = 6
"""Networks that a search trains by default."""

BUDGETS = (10, 20, 40)
"""Networks that could be scored in full."""

IN_FULL, CHOSEN = "all in full", "the best on the other families"
SHOWN = "costs; a quarter in full"
"""The strategy that is printed for each family."""


@dataclass(frozen=True)
class Stage:
    """A figure of the candidates, and what it takes.

    Attributes:
        part: The part of a network's scoring that is done for it.
        score: The ranking it gives.
        share: Share of the networks seen that reaches it.
    """

    part: str
    score: Callable[[Pool], Floats]
    share: float = 1.0


def _ranks(*names: str) -> Callable[[Pool], Floats]:
    return lambda pool: np.asarray(np.sum([rankdata(pool.figures[name]) for name in names], 0))


def _costs(share: float = 1.0) -> Stage:
    return Stage("costs", _ranks("macs", "params", "layers"), share)


def _naswot(share: float = 1.0) -> Stage:
    return Stage("naswot", _ranks("macs", "params", "layers", "untrained:naswot"), share)


def _full(share: float = 1.0) -> Stage:
    return Stage("weights", lambda pool: pool.figures["general:score"], share)


STRATEGIES: Mapping[str, Sequence[Stage]] = {
    IN_FULL: [_full()],
    "costs alone": [_costs()],
    "NASWOT for all": [_naswot()],
    "costs; half in full": [_costs(), _full(1 / 2)],
    SHOWN: [_costs(), _full(1 / 4)],
    "costs; half with NASWOT": [_costs(), _naswot(1 / 2)],
    "NASWOT; a quarter in full": [_naswot(), _full(1 / 4)],
    "costs; half with NASWOT; a quarter in full": [_costs(), _naswot(1 / 2), _full(1 / 4)],
}


def seconds_of(table: truth.TruthTable, data: Dataset) -> dict[str, float]:
    """Processor seconds of each part of a network's scoring: means over some networks."""
    space = table.search_space(data.task)
    drawn = [one.candidate for one in table.draw(space, 1 + _TIMED, seed=1)]
    general = GENERAL.get(table.dataset, UNTRAINED)
    predictor = UntrainedWeights(data.task) if general == UNTRAINED else load(general)
    meter = Meter(predictor, data, ScoreConfig())
    proxy = proxy_of(space, predictor.card)
    images = data.at(proxy.task.resolution).train.spread(_IMAGES).whole().inputs

    def costs(one: Candidate) -> None:
        cost(candidate(space, one.params).network)

    @torch.no_grad()
    def naswot(one: Candidate) -> None:
        graph, kernel = proxy.graph(one.params).simplified, ActivationKernel()
        (params,) = UntrainedWeights(data.task).predict([graph])
        calibrate(graph, params, *images, observe=kernel)
        kernel.logdet()

    def weights(one: Candidate) -> None:
        list(meter.measure([(one.space, one.params)]))

    return {
        work.__name__: fmean([_seconds(work, one) for one in drawn][1:])
        for work in (costs, naswot, weights)
    }


def _seconds(work: Callable[[Candidate], None], one: Candidate) -> float:
    began = time.process_time()
    work(one)
    return time.process_time() - began


def seen(stages: Sequence[Stage], budget: int, taken: Mapping[str, float]) -> int:
    """Networks that a strategy sees in the time that ``budget`` of them take in full.

    Costs are counted for every network that is seen.
    """
    each = taken["costs"] + sum(
        stage.share * taken[stage.part] for stage in stages if stage.part != "costs"
    )
    return int(budget * (taken["costs"] + taken["weights"]) / each)


def finalists(pool: Pool, rows: np.ndarray, stages: Sequence[Stage]) -> np.ndarray:
    """The rows that are trained of those that are seen."""
    count = len(rows)
    for stage in stages:
        rows = rows[: max(_FINALISTS, round(stage.share * count))]
        rows = rows[np.argsort(-stage.score(pool)[rows], kind="stable")]
    return rows[:_FINALISTS]


@dataclass(frozen=True)
class Outcome:
    """Where the best finalist stands.

    Attributes:
        regret: Its distance from the best of all, in standard deviations of the accuracies.
    """

    family: str
    window: str
    budget: int
    strategy: str
    seed: int
    regret: float


def outcomes(known: Sequence[Pool], taken: Mapping[str, Mapping[str, float]]) -> Iterator[Outcome]:
    """All strategies on all tables."""
    for pool in known:
        by_cost = np.argsort(pool.figures["macs"])
        quarter = len(pool) // 4
        for window, rows in (("any cost", by_cost), ("equal cost", by_cost[quarter:-quarter])):
            for seed in range(_SEEDS):
                order = rng(seed, "cascade", pool.name, window).permutation(rows)
                for budget in BUDGETS:
                    for name, stages in STRATEGIES.items():
                        some = order[: seen(stages, budget, taken[pool.name])]
                        best = finalists(pool, some, stages)
                        regret = fmean(
                            float(truth[rows].max() - truth[best].max()) / float(truth[rows].std())
                            for truth in pool.truths.values()
                        )
                        yield Outcome(pool.family, window, budget, name, seed, regret)


def report(found: Sequence[Outcome]) -> list[str]:
    """Mean regret over families of scoring all in full, and how each strategy differs."""
    values: dict[tuple[str, int], dict[str, dict[str, Floats]]] = {}
    by_seed: dict[tuple[str, int, str, str, int], list[float]] = defaultdict(list)
    for one in found:
        by_seed[one.window, one.budget, one.strategy, one.family, one.seed].append(one.regret)
    families = sorted({one.family for one in found})
    for window, budget in dict.fromkeys((one.window, one.budget) for one in found):
        values[window, budget] = {
            name: {
                family: np.array(
                    [fmean(by_seed[window, budget, name, family, seed]) for seed in range(_SEEDS)]
                )
                for family in families
            }
            for name in STRATEGIES
        }
    heads = [f"{budget} in full, {window}" for window, budget in values]
    lines = [f"| strategy | {' | '.join(heads)} |", "| --- |" + " --- |" * len(heads)]
    for name in (*STRATEGIES, CHOSEN):
        cells = [_cell(of, name, families) for of in values.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def by_family(found: Sequence[Outcome], name: str) -> list[str]:
    """How the mean regret of a strategy differs from scoring all in full in each family."""
    columns = list(dict.fromkeys((one.window, one.budget) for one in found))
    heads = ["family", *(f"{budget} in full, {window}" for window, budget in columns)]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " --- |" * len(columns)]
    for family in sorted({one.family for one in found}):
        cells = []
        for column in columns:
            mine, full = (
                fmean(
                    one.regret
                    for one in found
                    if (one.family, one.strategy) == (family, strategy)
                    and (one.window, one.budget) == column
                )
                for strategy in (name, IN_FULL)
            )
            cells.append(f"{mine - full:+.2f}")
        lines.append(f"| {family} | {' | '.join(cells)} |")
    return lines


def _cell(of: Mapping[str, Mapping[str, Floats]], name: str, families: Sequence[str]) -> str:
    """Regret of scoring all in full, or the difference of a strategy from it.

    The difference has its standard error over families, and in brackets that over seeds.
    """

    def row(family: str) -> Floats:
        if name != CHOSEN:
            return of[name][family]
        others = [other for other in families if other != family]
        best = min(of, key=lambda one: fmean(float(of[one][other].mean()) for other in others))
        return of[best][family]

    if name == IN_FULL:
        return f"{fmean(float(of[name][family].mean()) for family in families):.2f}"
    differences = np.stack([row(family) - of[IN_FULL][family] for family in families])
    return (
        f"{differences.mean():+.2f} ± {_error(differences.mean(1)):.2f} "
        f"({_error(differences.mean(0)):.2f})"
    )


def _error(values: Floats) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def pace(taken: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Seconds of each part, and networks in a second by each strategy, on one core."""
    shown = [name for name in STRATEGIES if name != "costs; half in full"]
    heads = ["table", "costs, ms", "NASWOT, ms", "predicted weights, ms", *shown]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " --- |" * (len(heads) - 1)]
    for table, parts in taken.items():
        in_full = parts["costs"] + parts["weights"]
        cells = [f"{1000 * parts[name]:.0f}" for name in ("costs", "naswot", "weights")]
        cells += [f"{seen(STRATEGIES[name], 1000, parts) / 1000 / in_full:.1f}" for name in shown]
        lines.append(f"| {table} | {' | '.join(cells)} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, simulate, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    parser.add_argument("--from", dest="folder", type=Path, default=_FOLDER)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    known = pools(options.folder)
    taken = json.loads(_SECONDS.read_text()) if _SECONDS.exists() else {}
    for pool in known:
        if pool.name not in taken:
            table = truth.read(pool.name)
            data = nas.load_dataset(table.dataset, data_dir=options.data_dir)
            taken[pool.name] = seconds_of(table, data)
            write_json(_SECONDS, taken)
    found = list(outcomes(known, taken))
    tables = (pace(taken), report(found), by_family(found, SHOWN))
    print("\n\n".join("\n".join(lines) for lines in tables))


if __name__ == "__main__":
    main()
