from __future__ import annotations

import math

import pytest

from nas.training.schedule import warm_cosine


def test_values_by_hand() -> None:
    factors = [warm_cosine(step, 10, 0.2) for step in range(10)]
    cosine = [(1 + math.cos(math.pi * k / 8)) / 2 for k in range(8)]
    assert factors == pytest.approx([0.5, 1.0, *cosine])
    assert factors[6] == pytest.approx(0.5)


def test_it_rises_to_the_peak_and_falls() -> None:
    factors = [warm_cosine(step, 100, 0.1) for step in range(100)]
    assert factors[:10] == pytest.approx([0.1 * k for k in range(1, 11)])
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert max(factors) == 1.0
    assert 0 < factors[-1] < 1e-3


@pytest.mark.parametrize("warmup", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps_all_move(steps: int, warmup: float) -> None:
    factors = [warm_cosine(step, steps, warmup) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)
