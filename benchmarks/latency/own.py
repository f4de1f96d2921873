"""How well are latencies on this machine predicted, in a space that the priors do not know?

    python -m benchmarks.latency.own --space resnet    # minutes; other programs make it worse

Random networks of a space are all measured; few of them predict the others.
"""

from __future__ import annotations

import argparse
from statistics import mean
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

import search_spaces
from benchmarks.latency.table import TASK
from nas.analysis.cost import cost
from nas.measure.config import MeasureConfig
from nas.measure.features import features
from nas.measure.measure import measure
from nas.measure.predictor import CostPredictor
from nas.seeding import rng
from nas.space.candidate import sample
from nas.study.devices.network import untrained

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNTS = (10, 20)
DRAWS = 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the networks and print the correlations."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--space", default="resnet")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--runner", default="eager")
    options = parser.parse_args(arguments)
    space, draw = search_spaces.get(options.space, TASK), rng(0, "own")
    graphs = {
        one.hash(): one for one in (sample(space, draw).network for _ in range(options.count))
    }
    config = MeasureConfig(runner=options.runner, device="cpu")
    found, again = ([measure(untrained(g), config) for g in graphs.values()] for _ in range(2))
    true = np.array([one.latency for one in found])
    repeated = spearmanr(true, [one.latency for one in again]).statistic
    pool = [features(graph) for graph in graphs.values()]
    macs = [cost(graph).macs for graph in graphs.values()]
    print(f"{len(true)} networks on {found[0].device}, {true.min():.2g} to {true.max():.2g} ms")
    print(f"the same measurements again: {repeated:.3f}")
    print(f"MACs alone: {spearmanr(macs, true).statistic:.3f}")
    for title, predictor in (
        ("priors", CostPredictor.of(pool)),
        ("without priors", CostPredictor.of(pool, {})),
    ):
        for count in COUNTS:
            drawn = [rng(seed, "own").permutation(len(true))[:count] for seed in range(DRAWS)]
            random = mean(_judge(predictor, pool, true, rows.tolist()) for rows in drawn)
            chosen = _judge(predictor, pool, true, predictor.choose(pool, count))
            print(f"{title}, {count} measured: random {random:.3f}, chosen {chosen:.3f}")


def _judge(
    predictor: CostPredictor,
    pool: list[dict[str, float]],
    true: np.ndarray,
    rows: list[int],
) -> float:
    """Spearman's correlation over the networks that were not measured."""
    rest = np.setdiff1d(np.arange(len(true)), rows)
    fitted = predictor.fit([pool[row] for row in rows], true[rows].tolist())
    predicted, _ = fitted.predict([pool[row] for row in rest])
    return float(spearmanr(predicted, true[rest]).statistic)


if __name__ == "__main__":
    main()
