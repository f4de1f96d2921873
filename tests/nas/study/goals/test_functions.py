from __future__ import annotations

from typing import Any

import pytest

from nas.analysis.figure import FIGURES
from nas.errors import ConfigError
from nas.study.goals.functions import registered_functions


def node_count(graph: Any) -> int:
    return len(graph)


@pytest.mark.parametrize(
    "objectives",
    [(node_count, "min"), [(node_count, "minimize")], [[node_count, "min"]]],
)
def test_a_function_is_a_figure_while_it_is_needed(objectives: Any) -> None:
    with registered_functions(objectives) as named:
        assert named == ["node_count"]
        figure = FIGURES.get("node_count")
        assert figure.direction == "minimize"
        assert figure.of is not None
        assert figure.of([1, 2]) == 2.0  # type: ignore[arg-type]
    assert "node_count" not in FIGURES


def test_names_are_kept() -> None:
    with registered_functions("params") as named:
        assert named == ["params"]
    with registered_functions(["score:max", (node_count, "max")]) as named:
        assert named == ["score:max", "node_count"]


def test_it_is_gone_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), registered_functions((node_count, "max")):
        raise ZeroDivisionError
    assert "node_count" not in FIGURES


def params(graph: Any) -> int:
    return 0


@pytest.mark.parametrize(
    ("objectives", "message"),
    [
        (node_count, "'node_count' as an objective needs a direction, max or min, got None"),
        ((node_count, "up"), "needs a direction, max or min, got str 'up'"),
        ((lambda graph: 1, "max"), "needs a name"),
        ((params, "max"), "'params' has the name of an existing figure"),
        (
            [(node_count, "max"), (node_count, "min")],
            "'node_count' has the name of an existing figure",
        ),
    ],
)
def test_refused(objectives: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message), registered_functions(objectives):
        pass


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda graph: None, "'odd' must return a number, got None"),
        (lambda graph: float("nan"), "'odd' must return a number, got float nan"),
        (lambda graph: graph.nodez, "'odd' failed: AttributeError"),
    ],
)
def test_faults_name_the_function(function: Any, message: str) -> None:
    function.__name__ = "odd"
    with registered_functions((function, "max")):
        figure = FIGURES.get("odd")
        assert figure.of is not None
        with pytest.raises(ConfigError, match=message):
            figure.of([])  # type: ignore[arg-type]
