from __future__ import annotations

import numpy as np
import pytest

from benchmarks.similar.run import _measured, _nearness
from benchmarks.truth.table import read


def test_a_distance_of_accuracy_finds_neighbours_and_a_random_one_does_not() -> None:
    ranks = np.arange(60.0)[None]
    exact = np.abs(ranks.T - ranks)
    one, few = _nearness(exact, ranks, seed=0)
    assert one == pytest.approx(1 / (61 / 3))
    assert one < few < 0.2
    random = np.random.default_rng(0).random((60, 60))
    equal = np.ones((60, 60))  # ties are broken at random
    for distances in (random, equal):
        assert _nearness(distances, ranks, seed=0) == pytest.approx((1, 1), abs=0.25)


def test_one_table_by_all_distances() -> None:
    found = _measured(read("nb201"), count=30, seed=0)
    assert found.keys() >= {"costs", "embedding (own)", "both (general)", "operations"}
    assert all(np.isfinite(row).all() for row in found.values())
    assert found["choices that differ"][2] == 1
