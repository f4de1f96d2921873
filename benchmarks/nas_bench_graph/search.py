"""How good an architecture of NAS-Bench-Graph is found with few trainings, which are looked up.

    python -m benchmarks.nas_bench_graph.search --weights runs/nas_bench_graph --data-dir data

Every search may train ``k`` different architectures and sees one accuracy of each: that on the
validation nodes or, as in the benchmark's own examples, that on the test nodes. It is judged by
the test accuracy of what looked best. The engine sees the scores of as many random architectures
as ``--sample`` says.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.nas_bench_graph.engine import Engine
from benchmarks.nas_bench_graph.lookup import SPLITS, Enough, Lookup
from benchmarks.nas_bench_graph.recipe import RECIPES, SCORE, mean_rank
from benchmarks.nas_bench_graph.rivals import RIDGE, RIVALS, Ridge, sampled
from benchmarks.nas_bench_graph.run import SPACE, options_of, pool_of
from benchmarks.nas_bench_graph.table import published
from nas.data import catalog
from nas.study.record.storage import quiet_optuna

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.nas_bench_graph.rivals import Train


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; progress goes to stderr."""
    options = options_of(__doc__, arguments)
    pool = pool_of(options)
    data = catalog.load("cora", data_dir=options.data_dir)
    most = max(options.trainings)
    truth = published()
    score = mean_rank(pool.figures, RECIPES[SCORE])
    searches: dict[str, Callable[[Train, int], None]] = {
        **{name: partial(sampled, name, SPACE) for name in RIVALS},
        RIDGE: Ridge([SPACE.decode(key) for key in truth], list(truth)),
        "engine": Engine(SPACE, data, pool, score, options.sample, most),
    }
    print(f"| accuracy | search | {' | '.join(f'{k} trainings' for k in options.trainings)} |")
    print(f"| --- | --- |{' --- |' * len(options.trainings)}")
    for sees in SPLITS:
        for name, search in searches.items():
            table = np.array(
                [
                    judged(search, Lookup(truth, sees, most), seed, options.trainings)
                    for seed in range(options.seeds)
                ]
            )
            entries = [
                f"{m:.4f} ± {d:.4f}" for m, d in zip(table.mean(0), table.std(0), strict=True)
            ]
            print(f"| {sees} | {name} | {' | '.join(entries)} |", flush=True)
    print(f"\nmean ± standard deviation of test accuracy over {options.seeds} seeds")


def judged(
    search: Callable[[Train, int], None], lookup: Lookup, seed: int, trainings: Sequence[int]
) -> list[float]:
    """Test accuracy of what a search has found after so many trainings."""
    with quiet_optuna(), suppress(Enough):
        search(lookup, seed)
    return [lookup.picked(count) for count in trainings]


if __name__ == "__main__":
    main()
