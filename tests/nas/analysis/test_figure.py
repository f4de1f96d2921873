from __future__ import annotations

import csv
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

import nas
from nas.analysis.cost import Cost
from nas.analysis.figure import FIGURES, Figure, check_name, known_from
from nas.errors import ConfigError
from nas.evaluate.scorer import Estimate
from tests.nas.study.study_toys import toy_search

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure of the user's own."""
    monkeypatch.setattr(FIGURES, "_things", dict(FIGURES._things))
    own = Figure(direction="minimize", ranks=True, of=lambda graph: len(graph.nodes))
    nas.figures.register("nodes")(own)


def test_the_table_is_that_of_costs_and_estimates() -> None:
    assert set(known_from("graph")) == {field.name for field in fields(Cost)}
    assert set(known_from("weights")) == {field.name for field in fields(Estimate)}


def test_unknown_names() -> None:
    known = known_from("graph")
    check_name("macs", known, "figure")
    with pytest.raises(ConfigError, match=r"unknown figure 'mac'\. Did you mean 'macs'\?"):
        check_name("mac", known, "figure")
    with pytest.raises(ConfigError, match=r"unknown figure 'zzz'\. Known: params, macs"):
        check_name("zzz", known, "figure")


@pytest.mark.usefixtures("nodes")
def test_a_figure_of_ones_own_is_objective_constraint_ranking_and_column(tmp_path: Path) -> None:
    result = toy_search(
        tmp_path / "run",
        n_trials=12,
        objectives=("score:max", "nodes"),
        constraints="nodes<=7",
        finalists=4,
        max_epochs=0,
    )
    assert all(len(found.candidate.network.nodes) <= 7 for found in result.pareto)
    assert [found.values[1] for found in result.pareto] == [
        len(found.candidate.network.nodes) for found in result.pareto
    ]
    assert "nodes" in result.trust.kendall_tau
    with (tmp_path / "run/trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert all(float(row["nodes"]) >= 3 for row in rows)
    assert any(float(row["nodes<=7"]) > 0 for row in rows)
