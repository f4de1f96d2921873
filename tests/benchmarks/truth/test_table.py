from __future__ import annotations

import pytest

from benchmarks.truth import table as truth
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

CORA = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
TASK = Task(classes=10, channels=3, resolution=32)


@pytest.mark.parametrize("name", truth.names())
def test_the_notations_of_a_table_are_architectures_of_its_space(name: str) -> None:
    table = truth.read(name)
    space = table.search_space(CORA if table.dataset == "cora" else TASK)
    known = table.draw(space, 3, seed=0)
    assert len(known) == 3
    for one in known:
        assert space.encode(one.candidate.params) in table.rows
        assert len(one.accuracies) == len(table.measures)
        assert one.candidate.network.outputs


def test_a_draw_depends_on_the_seed_alone() -> None:
    table = truth.read("nb301")
    space = table.search_space(TASK)
    first, again, other = (table.draw(space, 5, seed) for seed in (0, 0, 1))
    assert [one.candidate.hash for one in first] == [one.candidate.hash for one in again]
    assert [one.candidate.hash for one in first] != [one.candidate.hash for one in other]


def test_a_written_table_is_read_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(truth, "FOLDER", tmp_path)
    table = truth.TruthTable(
        name="toy",
        family="toy",
        space="nb201",
        measures=("a", "b"),
        rows={"x": (1.0, 2.0)},
        source="me",
    )
    truth.write(table)
    assert truth.names() == ["toy"]
    assert truth.read("toy") == table
