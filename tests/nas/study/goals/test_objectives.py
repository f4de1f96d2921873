from __future__ import annotations

import math

import pytest

from nas.errors import ConfigError
from nas.study.goals.objectives import Objective, parse_objectives, values


@pytest.mark.parametrize(
    ("text", "name", "direction"),
    [
        ("score", "score", "maximize"),
        ("accuracy:max", "accuracy", "maximize"),
        ("loss", "loss", "minimize"),
        ("brier", "brier", "minimize"),
        ("naswot", "naswot", "maximize"),
        ("shortest_path", "shortest_path", "minimize"),
        ("params:max", "params", "maximize"),
        (" macs : min ", "macs", "minimize"),
        ("activation_bytes", "activation_bytes", "minimize"),
        ("layers:max", "layers", "maximize"),
    ],
)
def test_parse(text: str, name: str, direction: str) -> None:
    objective = Objective.parse(text)
    assert (objective.name, objective.direction) == (name, direction)
    assert Objective.parse(str(objective)) == objective


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("acuracy:max", "Did you mean 'accuracy'"),
        ("zebra", "Known: score"),
        ("params:down", "expected max or min"),
        ("params:", "expected max or min"),
    ],
)
def test_parse_refuses(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Objective.parse(text)


def test_same_figure_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match="given 2 times"):
        parse_objectives(["params:min", "params:max"])
    with pytest.raises(ConfigError, match="at least one"):
        parse_objectives([])


def test_unknown_values_are_the_worst() -> None:
    objectives = parse_objectives(["score", "loss", "params"])
    assert values(objectives, {"params": 3}) == [-math.inf, math.inf, 3.0]
