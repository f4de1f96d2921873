"""How much faster two worker processes score candidates than one.

Both take turns on the same candidates, so other work of the machine disturbs both alike.

    python -m benchmarks.workers.scaling
"""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

import hypernets.suited
import search_spaces.registry
from nas.data.catalog import load
from nas.evaluate.ranking import distinct, rank
from nas.execution.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.data.dataset import Dataset
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace


def rate(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    candidates: Sequence[Candidate],
    workers: Workers,
) -> float:
    """Candidates per second."""
    began = time.perf_counter()
    rank(space, data, predictor, candidates, device="cpu", executor=workers)
    return len(candidates) / (time.perf_counter() - began)


def main() -> None:
    """Print medians, and the median of the ratio of two measurements that follow each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--space", default="resnet")
    parser.add_argument("--dataset", default="cluttered-digits")
    parser.add_argument("--candidates", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    data = load(options.dataset)
    space = search_spaces.registry.get(options.space, data.task)
    predictor = hypernets.suited.suited(space, data)
    candidates = distinct(space, options.candidates)
    with ExitStack() as stack:
        teams = [stack.enter_context(Workers(count)) for count in (1, 2)]
        found: list[list[float]] = []
        for _ in range(options.repeats + 1):
            found.append([rate(space, data, predictor, candidates, team) for team in teams])
    found = found[1:]  # the first one starts the processes
    for team, rates in zip(teams, zip(*found, strict=True), strict=True):
        print(f"{team!r}: {median(rates):.2f} candidates/s ({min(rates):.2f} to {max(rates):.2f})")
    ratios = [two / one for one, two in found]
    print(f"ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
