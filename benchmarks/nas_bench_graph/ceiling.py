"""What the table of NAS-Bench-Graph lets a ranking or a search on Cora reach at most.

    python -m benchmarks.nas_bench_graph.ceiling

First a random forest on links and operations that is trained on the test accuracies of many
architectures, or what all of them reached on CiteSeer; then searches of 20 trainings by a score
that knows the truth up to some noise, and by that forest.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, rankdata

from benchmarks.nas_bench_graph.rivals import one_hot
from benchmarks.nas_bench_graph.run import SPACE
from benchmarks.nas_bench_graph.table import on_citeseer, published
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
    elsewhere = on_citeseer()
    features = one_hot([SPACE.decode(key) for key in table])
    print("| ranked by | τ |\n| --- | --- |")
    print(f"| validation accuracy of all {len(val):,} | {kendall(val, test):.3f} |")
    order = np.random.default_rng(0).permutation(len(val))
    for count in options.trained:
        told, others = order[:count], order[-_OTHERS:]
        expected = forest(features[told], test[told], features[others], options.trees)
        tau = kendall(expected, test[others])
        print(f"| forest trained on {count:,} test accuracies | {tau:.3f} |")
    transferred = forest(features, elsewhere, features, options.trees)
    print(f"| test accuracy on CiteSeer | {kendall(elsewhere, test):.3f} |")
    print(
        f"| forest trained on all test accuracies on CiteSeer | {kendall(transferred, test):.3f} |"
    )
    print("\n| τ of a score | validation seen | test seen |\n| --- | --- | --- |")
    quality = norm.ppf((rankdata(test) - 0.5) / len(test))
    blur = np.random.default_rng(0).normal(size=len(test))
    scores = [("", quality + noise * blur) for noise in _NOISES]
    for name, score in [*scores, (", CiteSeer", transferred)]:
        found = search(val, test, score, options.searches)
        means = " | ".join(f"{mean:.4f}" for mean in found)
        print(f"| {kendall(score, test):.2f}{name} | {means} |")
    print(f"\nmean test accuracy over {options.searches} searches, {_TRAININGS} best of {_POOL}")


def forest(known: Floats, accuracies: Floats, features: Floats, trees: int) -> Floats:
    """Predictions for other architectures of a forest trained on known accuracies."""
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(trees, min_samples_leaf=3, random_state=0, n_jobs=-1)
    return np.asarray(model.fit(known, accuracies).predict(features), dtype=np.float64)


def search(val: Floats, test: Floats, score: Floats, searches: int) -> tuple[float, float]:
    """Test accuracy of what is found among the 20 that a score puts first.

    Args:
        val: Validation accuracies.
        test: Test accuracies.
        score: Higher better.
        searches: How many are averaged.

    Returns:
        Results with validation accuracies, and with test accuracies.
    """
    draws = np.random.default_rng(1)
    found = []
    for _ in range(searches):
        pool = draws.choice(len(test), _POOL, replace=False)
        first = pool[np.argsort(-score[pool])[:_TRAININGS]]
        found.append((test[first[val[first].argmax()]], test[first].max()))
    told_val, told_test = np.mean(found, axis=0).tolist()
    return told_val, told_test


if __name__ == "__main__":
    main()
