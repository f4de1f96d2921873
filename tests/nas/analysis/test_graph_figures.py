from __future__ import annotations

from nas.analysis.figure import graph_figures, known_from
from tests.nas.study.study_toys import toy_space

GRAPH = toy_space().graph({"label": "a", "depth": 1, "width0": 4, "kernel0": 3})


def test_figures_of_a_graph() -> None:
    known = graph_figures(GRAPH)
    assert known["params"] == 4 * 9 + 4 * 10 + 10
    assert known["macs"] == 8 * 8 * 4 * 9 + 4 * 10
    assert known["layers"] == 2
    assert known["shortest_path"] == 3
    assert set(known) == set(known_from("graph"))
