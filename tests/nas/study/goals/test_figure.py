from __future__ import annotations

from nas.analysis.figure import known_from
from nas.study.goals.figure import figures
from tests.nas.study.study_toys import toy_estimate, toy_space

GRAPH = toy_space().graph({"label": "a", "depth": 1, "width0": 4, "kernel0": 3})


def test_figures_of_a_graph() -> None:
    known = figures(GRAPH)
    assert known["params"] == 4 * 9 + 4 * 10 + 10
    assert known["macs"] == 8 * 8 * 4 * 9 + 4 * 10
    assert known["layers"] == 2
    assert known["shortest_path"] == 3
    assert set(known) == set(known_from("graph"))


def test_figures_once_it_is_scored() -> None:
    known = figures(GRAPH, toy_estimate(0.5, 1.25))
    assert (known["accuracy"], known["loss"], known["score"]) == (0.5, 1.25, -1.25)
    assert (known["brier"], known["naswot"]) == (0.625, 250.0)
    assert set(known) == {*known_from("graph"), *known_from("weights")}
