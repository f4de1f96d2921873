from __future__ import annotations

from pathlib import Path

import benchmarks.rank_fidelity
from benchmarks.rank_fidelity import trained
from benchmarks.rank_fidelity.pool import pools


def test_a_hypernetwork_is_compared_with_what_is_known_of_the_same_networks(monkeypatch):
    monkeypatch.setattr(trained, "_RESAMPLES", 20)
    folder = Path(*benchmarks.rank_fidelity.__path__) / "results"
    pool = next(pool for pool in pools(folder) if pool.name == "nb101")
    truth = pool.truths["cifar10"][:40]
    rows = dict(row[2:].split(" | ", 1) for row in trained.lines(pool, {"score": truth}))
    assert rows["own score"].startswith("1.00 | +")
    assert rows["MACs"].endswith("| +0.00 ± 0.00 |")
    assert "Brier" in rows
