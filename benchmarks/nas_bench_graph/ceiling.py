"""What the table of NAS-Bench-Graph lets a ranking or a search on Cora reach at most.

    python -m benchmarks.nas_bench_graph.ceiling

First a random forest on links and operations that is told the test accuracies of many
architectures, then searches of 20 trainings by a score that knows the truth up to some noise.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, rankdata

from benchmarks.nas_bench_graph.rivals import one_hot
from benchmarks.nas_bench_graph.run import SPACE
from benchmarks.nas_bench_graph.table import published
from nas.analysis.agreement import kendall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_OTHERS = 3000
_NOISES = (5.0, 2.0, 1.4, 1.0, 0.7, 0.0)
_POOL, _TRAININGS = 1000, 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--trained", type=int, nargs="+", default=[20, 200, 2000, 20000])
    add("--trees", type=int, default=100)
    add("--searches", type=int, default=300)
    options = parser.parse_args(arguments)
    table = published()
    val = np.array([one.val for one in table.values()])
    test = np.array([one.test for one in table.values()])
    features = one_hot([SPACE.decode(key) for key in table])
    print("| ranked by | τ |\n| --- | --- |")
    print(f"| validation accuracy of all {len(val):,} | {kendall(val, test):.3f} |")
    order = np.random.default_rng(0).permutation(len(val))
    for count in options.trained:
        tau = forest(features[order], test[order], count, options.trees)
        print(f"| forest told {count:,} test accuracies | {tau:.3f} |")
    print("\n| τ of a score | told validation | told test |\n| --- | --- | --- |")
    for noise in _NOISES:
        tau, *found = search(val, test, noise, options.searches)
        print(f"| {tau:.2f} | {' | '.join(f'{mean:.4f}' for mean in found)} |")
    print(f"\nmean test accuracy over {options.searches} searches, {_TRAININGS} best of {_POOL}")


def forest(features: Floats, test: Floats, count: int, trees: int) -> float:
    """Kendall tau of a forest fitted to the first rows, on the last ones."""
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(trees, random_state=0)
    model.fit(features[:count], test[:count])
    return kendall(model.predict(features[-_OTHERS:]), test[-_OTHERS:]) or 0.0


def search(val: Floats, test: Floats, noise: float, searches: int) -> tuple[float, float, float]:
    """Tau of a score, and what is found among the 20 it puts first.

    Args:
        val: Validation accuracies.
        test: Test accuracies.
        noise: Deviation of what is added to the normal scores of the test accuracies.
        searches: How many are averaged.
    """
    draws = np.random.default_rng(0)
    quality = norm.ppf((rankdata(test) - 0.5) / len(test))
    score = quality + noise * draws.normal(size=len(test))
    found = []
    for _ in range(searches):
        pool = draws.choice(len(test), _POOL, replace=False)
        first = pool[np.argsort(-score[pool])[:_TRAININGS]]
        found.append((test[first[val[first].argmax()]], test[first].max()))
    told_val, told_test = np.mean(found, axis=0).tolist()
    return kendall(score, test) or 0.0, told_val, told_test


if __name__ == "__main__":
    main()
