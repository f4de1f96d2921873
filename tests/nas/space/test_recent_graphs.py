from __future__ import annotations

import pickle

from nas.space.recent_graphs import RecentGraphs
from tests.nas.space.space_toys import TASK, Mixed

SPACE = Mixed(task=TASK)


def test_the_oldest_graphs_make_room_for_the_last() -> None:
    depths = [{"depth": 0, "rate": rate} for rate in (0.0, 0.1, 0.2)]
    graphs = [SPACE.graph(params) for params in depths]
    size = len(graphs[0].nodes)
    recent = RecentGraphs(nodes=2 * size)
    for params, graph in zip(depths, graphs, strict=True):
        recent.keep(SPACE, params, graph)
        recent.keep(SPACE, params, graph)
    assert [recent.find(SPACE, params) for params in depths] == [None, *graphs[1:]]
    assert pickle.loads(pickle.dumps(recent)).find(SPACE, depths[2]) is None


def test_spaces_and_types_of_values_are_told_apart() -> None:
    recent, graph = RecentGraphs(), SPACE.graph({"depth": 0, "rate": 0.0})
    recent.keep(SPACE, {"depth": 1}, graph)
    assert recent.find(Mixed(task=TASK), {"depth": 1}) is graph
    assert recent.find(Mixed(task=TASK, width=8), {"depth": 1}) is None
    assert recent.find(SPACE, {"depth": True}) is None
    assert recent.find(SPACE, {"depth": 1.0}) is None
