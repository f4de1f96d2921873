from __future__ import annotations

import pytest

import search_spaces
from benchmarks.spaces.run import STEPS, TASKS, Tally, figures, row, space_for, tally
from nas.errors import ConfigError
from nas.graph.builder import GraphBuilder
from nas.seeding import rng
from nas.space.search_space import SearchSpace


class Failing(SearchSpace):
    """Every other network cannot be built."""

    name = "failing"

    def build(self, trial):
        if trial.suggest_categorical("fails", (True, False)):
            raise ConfigError("it fails")
        b = GraphBuilder()
        return b.build(b.classifier(b.input((1, 3, 8, 8)), self.task.classes))


@pytest.mark.parametrize("name", search_spaces.names())
def test_every_space_has_a_task(name):
    space = space_for(name)
    assert space.name == name
    assert space.task in TASKS


def test_architectures_are_counted():
    found = tally("nb201", 3)
    assert (found.count, len(found.hashes), not found.failures) == (3, 3, True)
    assert found.largest <= found.nodes <= 3 * found.largest
    assert set(found.seconds) == set(STEPS)
    assert found.total == pytest.approx(1e6 * sum(found.seconds.values()) / found.nodes)
    assert row("nb201", found).split()[:4] == ["nb201", "3", "0", "3"]


def test_failures_are_counted_and_not_timed():
    found, draw = Tally(), rng(0)
    for _ in range(20):
        found.add(Failing(task=TASKS[0]), draw)
    failed = found.failures["it fails"]
    assert 0 < failed < 20
    assert found.nodes == 3 * (20 - failed)
    assert figures(found)["failures"] == {"it fails": failed}


def test_a_space_of_failures_has_a_row():
    assert row("failing", Tally(count=2)).split() == ["failing", "2", "all", "failed"]
