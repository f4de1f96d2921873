from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.strategies import run, tables
from benchmarks.strategies.run import (
    GOALS,
    LARGEST,
    Goal,
    Judge,
    hypervolume,
    measure,
    needed,
    reached,
    report,
    searched,
)
from benchmarks.strategies.tables import Table
from nas.study.record.storage import quiet_optuna

ACCURACY = {"aa": 0.1, "ab": 0.3, "ba": 0.2, "bb": 0.4}
PRICE = {"aa": 1.0, "ab": 2.0, "ba": 3.0, "bb": 4.0}
TABLE = Table(
    choices={"x": ("a", "b"), "y": ("a", "b", "c")},
    encode=lambda params: params["x"] + params["y"],
    seen=ACCURACY,
    judged={key: accuracy / 2 for key, accuracy in ACCURACY.items()},
    costs={"macs": PRICE},
)


def test_hypervolume_of_two_steps():
    points = np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0]])
    assert hypervolume(points, np.array([3.0, 3.0])) == pytest.approx(3.0)


def test_a_search_is_judged_by_what_looked_best():
    judge = Judge(TABLE, "")
    for key in ("ab", "aa", "ab", "bb"):
        judge.see(key)
    assert judge.steps == [(1, 0.15), (3, 0.2)]
    assert judge.evaluations == 3
    assert [reached(judge.steps, count) for count in (1, 2, 3, 9)] == [0.15, 0.15, 0.2, 0.2]
    assert (needed(judge.steps, 0.2), needed(judge.steps, 0.3)) == (3, None)


def test_with_two_objectives_the_front_of_the_table_is_the_whole():
    judge = Judge(TABLE, "macs")
    for key in ("aa", "ba", "ab", "bb"):
        judge.see(key)
    assert judge.steps[-1][1] == 1
    shares = [share for _, share in judge.steps]
    assert shares == sorted(shares)


def test_strategies_meet_all_of_a_small_table():
    goal = Goal(lambda: TABLE)
    with quiet_optuna():
        for name in ("random", "local-search"):
            assert searched(goal, name, 0, 4)[-1][1] == 0.2
    assert searched(goal, LARGEST, 0, 1) == [(1, 0.2)]


def test_results_are_kept_and_gone_on_with(tmp_path, monkeypatch):
    file = tmp_path / "small.json"
    monkeypatch.setitem(GOALS, "small", Goal(lambda: TABLE, "macs"))
    monkeypatch.setattr(run, "MARKS", (1, 2, 3, 4, 4))
    with quiet_optuna():
        measure(file, ["random"], 1)
        first = json.loads(file.read_text())
        measure(file, ["random", "nsga2"], 2)
        second = json.loads(file.read_text())
    assert second["random"][0] == first["random"][0]
    assert [len(rows) for rows in second.values()] == [2, 2]
    lines = list(report("small", second))
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| nsga2", "| random"]
    assert lines[-1].startswith("\nlevel: 100.00")
    lines = list(report("small", {**second, "predictor-guided": second["random"]}))
    assert lines[-1].startswith("predictor-guided after 125 evaluations: 100.00; nsga2 reaches it")


def test_tables_are_whole_spaces():
    cells = tables.nb201()
    assert len(cells.seen) == 5**6
    assert all(costs.keys() == cells.seen.keys() for costs in cells.costs.values())
    assert len(tables.transnas("class_object").seen) == 4**6
    assert len(tables.nas_bench_graph().seen) == 26206
