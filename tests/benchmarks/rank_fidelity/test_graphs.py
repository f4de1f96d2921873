from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.rank_fidelity import graphs
from benchmarks.rank_fidelity.ceiling import repeated
from benchmarks.rank_fidelity.fit import RESULTS
from benchmarks.rank_fidelity.measure import GRAPHS
from benchmarks.rank_fidelity.pool import pools
from benchmarks.rank_fidelity.zero_labels import tau
from benchmarks.truth import table as truth
from nas.study.selection.regressor import PRIOR
from nas.task.nodes import UNTRAINED_SCORE_WEIGHTS


@pytest.fixture(scope="module")
def columns() -> list[graphs.Group]:
    return graphs.groups(pools(RESULTS / GRAPHS))


def test_resampled_taus_are_those_of_copied_architectures() -> None:
    draws = np.random.default_rng(0)
    score, accuracies = draws.integers(6, size=(2, 20)).astype(float)
    copies = np.stack([np.ones(20, dtype=int), draws.integers(4, size=20)])
    found = graphs.taus(score, accuracies, copies)
    assert found[0] == pytest.approx(tau(score, accuracies))
    again = np.repeat(score, copies[1]), np.repeat(accuracies, copies[1])
    assert found[1] == pytest.approx(tau(*again))
    assert graphs.taus(np.ones(20), accuracies, copies).tolist() == [0, 0]


def test_each_measure_counts_in_one_column(columns: list[graphs.Group]) -> None:
    for pool in pools(RESULTS / GRAPHS):
        shown = [
            one for group in columns if group.pool.name == pool.name for one in group.measures
        ]
        assert sorted(shown) == sorted(pool.truths)


def test_what_repeats_follows_from_the_spread_of_three_trainings() -> None:
    draws = np.random.default_rng(0)
    runs = draws.normal(size=(2000, 1)) + draws.normal(size=(2000, 6))
    table = truth.TruthTable(
        name="toy",
        family="toy",
        space="toy",
        measures=("toy",),
        rows={str(row): (mean,) for row, mean in enumerate(runs[:, :3].mean(1))},
        deviations={str(row): (std,) for row, std in enumerate(runs[:, :3].std(1))},
        source="",
    )
    expected = tau(runs[:, :3].mean(1), runs[:, 3:].mean(1))
    assert repeated(table, "toy") == pytest.approx(expected, abs=0.03)
    noise = {row: (9.0,) for row in table.rows}
    assert repeated(replace(table, deviations=noise), "toy") == 0


def test_every_figure_is_measured_in_every_column(columns: list[graphs.Group]) -> None:
    heads, _, ceilings, *rows, ahead = graphs.zero_labels(columns)
    assert {line.count("|") for line in (heads, ceilings, *rows, ahead)} == {len(columns) + 2}
    assert [row.split(" | ")[0] for row in rows] == [f"| {name}" for name in graphs.ZERO_LABELS]
    assert all(row.count("±") == len(columns) for row in rows)


def test_the_score_is_the_best_sum_on_the_table_that_chose_it(
    columns: list[graphs.Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "_RESAMPLES", 1)
    nas_bench_graph = next(group for group in columns if group.name == "nas-bench-graph")
    _, _, best, *others = graphs.sums(nas_bench_graph)
    assert best.split(" | ")[0] == f"| {', '.join(UNTRAINED_SCORE_WEIGHTS)}"
    values = [float(line.split(" | ")[1].removesuffix(" |")) for line in (best, *others)]
    assert values == sorted(values, reverse=True)


def test_costs_alone_rank_a_whole_table() -> None:
    table = truth.read("nas-bench-graph")
    few = replace(table, rows=dict(list(table.rows.items())[:20]))
    heads, _, *rows = graphs.by_costs(few)
    assert heads == "| ranked by | all 20 of nas-bench-graph |"
    assert len(rows) == 3


def test_labels_teach_which_aggregation_is_good(
    columns: list[graphs.Group], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphs, "LABELS", (20,))
    monkeypatch.setattr(graphs, "fitted", lambda _: PRIOR)
    cora = [group for group in columns if group.name == "Cora"]
    rows = [line.split(" | ") for line in graphs.few_labels(cora, [])][2:]
    found = {ranker: float(cell.split()[0]) for _, ranker, cell in rows}
    ahead = found.pop("regressor - ridge on costs")
    assert ahead == pytest.approx(found["regressor"] - found["ridge on costs"], abs=0.011)
    assert found["regressor"] > found["score, no labels"] + 0.2


def test_the_score_is_ahead_of_counting_macs_on_designs_that_did_not_choose_it(
    columns: list[graphs.Group],
) -> None:
    nodes = [group for group in columns if group.name in ("Cora", "CiteSeer")]
    assert len(nodes) == 2
    for group in nodes:
        once = np.ones((1, len(group.pool)))
        taus = {}
        for name in ("score", "MACs"):
            values = graphs.ZERO_LABELS[name](group.pool)
            assert values is not None
            taus[name] = graphs.taus(values, group.pool.truths[group.measures[0]], once)[0]
        assert taus["score"] > taus["MACs"] + 0.1
