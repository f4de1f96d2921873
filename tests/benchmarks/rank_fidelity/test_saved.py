from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import benchmarks.rank_fidelity
from benchmarks.rank_fidelity import saved
from benchmarks.rank_fidelity.pool import pools

RESULTS = Path(*benchmarks.rank_fidelity.__path__) / "results"


def test_trainings_between_two_numbers_are_interpolated():
    distances = np.array([0.4, 0.2, 0.2, 0.1])
    assert saved.needed(0.5, distances) == 1
    assert saved.needed(0.3, distances) == pytest.approx(1.5)
    assert saved.needed(0.2, distances) == 2
    assert saved.needed(0.05, distances) == float("inf")


def test_a_perfect_score_of_own_weights_saves_trainings(monkeypatch):
    monkeypatch.setattr(saved, "_SEEDS", 2)
    monkeypatch.setattr(saved, "_MOST", 12)
    known = [pool for pool in pools(RESULTS) if pool.name in ("nb101", "resnet-digits")]
    found = []
    for pool in known:
        (truth,) = pool.truths.values()
        figures = {**pool.figures, "own:score": truth}
        found.append(replace(pool, figures=figures) if pool.name == "resnet-digits" else pool)
    _, _, in_rank, *_ = saved.lines(found)
    cells = [cell.strip() for cell in in_rank.strip("|").split("|")]
    assert cells[:2] == ["resnet-digits", "1.00"]
    assert cells[-1].startswith("> ") or float(cells[-1]) > 10 or float(cells[-3]) > 3
