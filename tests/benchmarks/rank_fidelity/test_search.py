from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import benchmarks.rank_fidelity
from benchmarks.rank_fidelity import search
from benchmarks.rank_fidelity.pool import pools

RESULTS = Path(*benchmarks.rank_fidelity.__path__) / "results"


@pytest.fixture(scope="module")
def known():
    """Two tables of different families, whose accuracies are the score itself."""
    found = [pool for pool in pools(RESULTS) if pool.name in ("nb101", "nb301")]
    return [replace(pool, truths={"score": pool.figures["general:score"]}) for pool in found]


def test_a_perfect_score_finds_the_best_at_once_and_random_does_not(known, monkeypatch):
    monkeypatch.setattr(search, "_SEEDS", 2)
    found = list(search.outcomes(known))
    regrets = {
        name: [one.regret for one in found if one.strategy == name] for name in search.STRATEGIES
    }
    assert max(regrets["score"]) == 0
    assert max(regrets["regressor"]) == 0
    assert np.mean(regrets["random"]) > 0.1


def test_each_row_of_the_report_is_a_strategy(known, monkeypatch):
    monkeypatch.setattr(search, "_SEEDS", 2)
    lines = search.report(list(search.outcomes(known[:2])))
    assert [line.split("|")[1].strip() for line in lines[2:]] == list(search.STRATEGIES)
