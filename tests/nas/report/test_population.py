from __future__ import annotations

import numpy as np
import pytest

import search_spaces
from nas.analysis.cost import cost
from nas.report.population import population, spread_of
from nas.space.candidate import sample
from nas.task.task import Task

NB201 = search_spaces.get("nb201:channels=4,cells=1", Task(classes=10, channels=1, resolution=8))


def test_figures_are_those_of_the_architectures_drawn() -> None:
    found = population(NB201, np.random.default_rng(0), 50)
    rng = np.random.default_rng(0)
    drawn = [sample(NB201, rng) for _ in range(50)]

    assert found.count == 50
    assert found.distinct == len({candidate.hash for candidate in drawn})
    params = [cost(candidate.network).params for candidate in drawn]
    assert found.figures["params"].mean == pytest.approx(np.mean(params))
    assert found.figures["params"].quantiles[0] == min(params)
    assert found.figures["params"].quantiles[-1] == max(params)
    assert found.figures["params"].quantiles[3] == pytest.approx(np.median(params))
    nodes = [len(candidate.network.nodes) for candidate in drawn]
    assert found.figures["nodes"].mean == pytest.approx(np.mean(nodes))


def test_seconds_are_given_by_step() -> None:
    seconds = population(NB201, np.random.default_rng(0), 5).seconds
    assert set(seconds) == {"build", "hash", "cost"}
    assert 0 < sum(seconds.values()) < 1


@pytest.mark.parametrize("values", [[1, 2, 3], [5, 5, 5], [0, 1e6], [1, 10, 1e9], [3]])
def test_every_value_is_in_a_bin(values: list[float]) -> None:
    found = spread_of(values)
    assert sum(found.counts) == len(values)
    assert len(found.edges) == len(found.counts) + 1
    assert len(found.bars) == len(found.counts)


def test_wide_distributions_have_logarithmic_bins() -> None:
    edges = spread_of([1, 10, 100], bins=2).edges
    assert edges == pytest.approx((1, 10, 100))
    assert spread_of([50, 75, 100], bins=2).edges == pytest.approx((50, 75, 100))
