from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import benchmarks.rank_fidelity
from benchmarks.rank_fidelity import cascade
from benchmarks.rank_fidelity.pool import pools

TAKEN = {"costs": 1.0, "naswot": 9.0, "weights": 39.0}


@pytest.fixture(scope="module")
def pool():
    folder = Path(*benchmarks.rank_fidelity.__path__) / "results"
    return next(pool for pool in pools(folder) if pool.name == "nb101")


@pytest.mark.parametrize(
    ("strategy", "networks"),
    [
        ("all in full", 10),
        ("costs alone", 400),
        ("NASWOT for all", 40),
        ("costs; a quarter in full", 37),
        ("costs; half with NASWOT; a quarter in full", 26),
    ],
)
def test_equal_time_shows_more_networks_where_less_is_done_for_each(strategy, networks):
    assert cascade.seen(cascade.STRATEGIES[strategy], 10, TAKEN) == networks


def test_finalists_are_the_best_by_the_last_figure_of_those_that_reach_it(pool):
    rows = np.arange(80)
    best = cascade.finalists(pool, rows, cascade.STRATEGIES["costs; a quarter in full"])
    costs, score = (stage.score(pool) for stage in cascade.STRATEGIES["costs; a quarter in full"])
    promising = rows[np.argsort(-costs[rows], kind="stable")][:20]
    assert set(best) == set(promising[np.argsort(-score[promising], kind="stable")][:6])


def test_the_report_compares_with_scoring_in_full(pool, monkeypatch):
    monkeypatch.setattr(cascade, "_SEEDS", 2)
    found = [one for one in cascade.outcomes([pool], {"nb101": TAKEN}) if one.window == "any cost"]
    again = [cascade.Outcome(**{**vars(one), "family": "again"}) for one in found]
    lines = cascade.report([*found, *again])
    names = [line.split("|")[1].strip() for line in lines[2:]]
    assert names == [*cascade.STRATEGIES, cascade.CHOSEN]
    assert "±" not in lines[2]
    assert all("± 0.00" in line for line in lines[3:])
    _, _, one, other = cascade.by_family([*found, *again], cascade.SHOWN)
    assert one.split("|")[2:] == other.split("|")[2:]
    assert all(
        float(cell) == 0 for cell in cascade.by_family(found, cascade.IN_FULL)[2].split("|")[2:-1]
    )
