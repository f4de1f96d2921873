from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.rank_fidelity.ceiling import ceiling
from benchmarks.truth import table as truth

if TYPE_CHECKING:
    from pathlib import Path


def test_two_trainings_of_one_network_are_compared() -> None:
    tau, networks, what = ceiling("nb101")
    assert tau is not None
    assert 0 < tau < 1
    assert networks == len(truth.read("nb101").single)
    assert what == "two trainings"


def test_a_second_training_counts_from_ten_networks_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {str(number): (float(number),) for number in range(12)}
    some = truth.TruthTable(
        name="own", family="own", space="resnet", measures=("test",), rows=rows, source=""
    )
    monkeypatch.setattr(truth, "FOLDER", tmp_path)
    for count, expected in ((9, None), (12, pytest.approx(1))):
        table = replace(some, name=f"own{count}", repeats=dict(list(rows.items())[:count]))
        truth.write(table)
        assert ceiling(table.name)[0] == expected


@pytest.mark.parametrize("name", ["nb201", "nas-bench-graph"])
def test_validation_and_test_of_one_training_agree_better_than_chance(name: str) -> None:
    tau, networks, _ = ceiling(name)
    assert tau is not None
    assert tau > 0.5
    assert isinstance(networks, int)
    assert networks > 10_000


def test_where_nothing_is_known_there_is_no_ceiling() -> None:
    assert ceiling("mnasnet") == (None, "", "one training each")
