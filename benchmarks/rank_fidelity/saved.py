"""How many trainings does a search save whose weights were learnt in its space?

    python -m benchmarks.rank_fidelity.saved

Of the tables in whose space a hypernetwork was trained. A search as in
:mod:`benchmarks.rank_fidelity.search` trains networks one after another, with the figures of that
hypernetwork, or with those it would have without: of the general one, or with untrained weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rank_fidelity.fit import fitted
from benchmarks.rank_fidelity.pool import COSTS, pools
from benchmarks.rank_fidelity.search import Seen, after_probes, in_rank, regressor
from benchmarks.rank_fidelity.zero_labels import tau
from nas.seeding import rng
from nas.study.selection.kernels import normal_scores
from nas.study.selection.regressor import AccuracyRegressor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool
    from benchmarks.rank_fidelity.search import Choose
    from nas.study.selection.regressor import Prior

BUDGETS = (3, 5, 10)
_SEEDS = 20
_MOST = 30
"""Trainings in a search."""

STRATEGIES: dict[str, Choose] = {
    "score": in_rank,
    "regressor": regressor,
    "regressor after two probes": after_probes,
}


def regrets(pool: Pool, prior: Prior, choose: Choose, predictor: str) -> Floats:
    """Mean distance from the best after each number of trainings, in standard deviations."""
    found = []
    for seed in range(_SEEDS):
        half = rng(seed, "trainings saved", pool.name).permutation(len(pool))[: len(pool) // 2]
        for truth in pool.truths.values():
            found.append(_regrets(pool, half, truth[half], choose, predictor, prior))
    return np.asarray(np.mean(found, 0))


def _regrets(
    pool: Pool, rows: np.ndarray, truth: Floats, choose: Choose, predictor: str, prior: Prior
) -> Floats:
    score = pool.figures[f"{predictor}:score"][rows]
    choices = [pool.choices[row] for row in rows]
    learned_from = [figure[rows] for figure in pool.learned_from(predictor)]
    seen = Seen(
        score=score,
        macs=pool.figures["macs"][rows],
        costs=np.stack([normal_scores(pool.figures[name][rows]) for name in COSTS], 1),
        regressor=AccuracyRegressor(score, learned_from, choices, prior),
        of_choices=AccuracyRegressor(np.zeros(len(rows)), [], choices, prior),
        rows=[],
        accuracies=[],
    )
    for _ in range(min(_MOST, len(rows))):
        row = choose(seen)
        seen.rows.append(row)
        seen.accuracies.append(float(truth[row]))
    return np.asarray((truth.max() - np.maximum.accumulate(seen.accuracies)) / truth.std())


def needed(regret: float, others: Floats) -> float:
    """Trainings after which a mean distance is reached, between two numbers by interpolation.

    Example:
        >>> needed(0.3, np.array([0.4, 0.2, 0.1]))
        1.5
    """
    reached = np.flatnonzero(others <= regret)
    if not reached.size:
        return float("inf")
    after = int(reached[0])
    if not after:
        return 1.0
    above, below = others[after - 1], others[after]
    return float(after + (above - regret) / (above - below))


def lines(known: Sequence[Pool]) -> Iterator[str]:
    """The rows of the table."""
    heads = ["table", "τ, own", "τ, without", "strategy"]
    heads += [f"as good as {budget} with own weights" for budget in BUDGETS]
    yield f"| {' | '.join(heads)} |"
    yield "| --- |" + " --- |" * (len(heads) - 1)
    for pool in known:
        if "own:score" not in pool.figures:
            continue
        prior = fitted([other for other in known if other.family != pool.family])
        taus = [
            np.mean([tau(pool.figures[f"{name}:score"], t) for t in pool.truths.values()])
            for name in ("own", "general")
        ]
        for name, choose in STRATEGIES.items():
            own, others = (
                regrets(pool, prior, choose, predictor) for predictor in ("own", "general")
            )
            numbers = (needed(float(own[budget - 1]), others) for budget in BUDGETS)
            cells = [f"{number:.1f}" if number < _MOST else f"> {_MOST}" for number in numbers]
            yield f"| {pool.name} | {taus[0]:.2f} | {taus[1]:.2f} | {name} | {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Search, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--from", dest="folder", type=Path, default=Path(__file__).parent / "results"
    )
    print("\n".join(lines(pools(parser.parse_args(arguments).folder))))


if __name__ == "__main__":
    main()
