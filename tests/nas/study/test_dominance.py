from __future__ import annotations

import numpy as np
import pytest

from nas.study.dominance import first_front, fronts


def _naive(points: np.ndarray) -> set[int]:
    return {
        i
        for i, p in enumerate(points)
        if not any((q <= p).all() and (q < p).any() for q in points)
    }


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_first_front_is_what_nothing_dominates(objectives: int) -> None:
    points = np.random.default_rng(0).integers(0, 8, (60, objectives)).astype(float)
    assert set(first_front(points)) == _naive(points)


def test_infinite_values_are_dominated() -> None:
    assert first_front(np.array([[np.inf, 1.0], [0.0, 1.0]])) == [1]


def test_fronts_stop_when_they_hold_enough() -> None:
    points = np.array([[3.0], [1.0], [2.0], [1.0]])
    assert fronts(points, 1) == [[1, 3]]
    assert fronts(points, 3) == [[1, 3], [2]]
    assert fronts(points, 99) == [[1, 3], [2], [0]]
    assert fronts(np.empty((0, 2)), 1) == []
