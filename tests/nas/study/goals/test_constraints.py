from __future__ import annotations

import pytest

from nas.errors import ConfigError
from nas.graph.ops.conv import Conv2d
from nas.study.goals.constraints import (
    Constraint,
    is_feasible,
    parse_constraints,
    satisfied,
    violations,
)
from tests.nas.graph.graph_toys import graph, step


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("params<=2e6", 2e6),
        ("macs <= 40M", 40e6),
        ("macs<=1.5G", 1.5e9),
        ("layers>=3", 3),
        ("activation_bytes<=64k", 64e3),
        ("params<=2E+3", 2000),
    ],
)
def test_parse(text: str, limit: float) -> None:
    constraint = Constraint.parse(text)
    assert constraint.limit == limit
    assert Constraint.parse(str(constraint)) == constraint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parms<=2e6", "Did you mean 'params'"),
        ("accuracy>=0.9", "only after scoring"),
        ("params<2e6", "cannot read"),
        ("params<=", "cannot read"),
        ("params<=-3", "cannot read"),
        ("params<=0", "must be positive"),
        ("params<=2e6 or so", "cannot read"),
    ],
)
def test_parse_refuses(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Constraint.parse(text)


def test_violation_is_relative_and_signed() -> None:
    assert Constraint.parse("params<=100").violation({"params": 150}) == pytest.approx(0.5)
    assert Constraint.parse("params<=100").violation({"params": 100}) == 0
    assert Constraint.parse("params<=100").violation({"params": 50}) == pytest.approx(-0.5)
    assert Constraint.parse("layers>=4").violation({"layers": 1}) == pytest.approx(0.75)
    assert Constraint.parse("layers>=4").violation({"layers": 4}) == 0


def test_equal_constraints_count_once() -> None:
    constraints = parse_constraints(["params<=2M", "params<=2e6", "layers>=1"])
    assert list(violations(constraints, {"params": 1, "layers": 1})) == [
        "params<=2000000",
        "layers>=1",
    ]


@pytest.mark.parametrize(("macs", "holds"), [(3.0, False), (4.0, True), (8.0, True), (9.0, False)])
def test_satisfied_means_within_all_limits(macs: float, holds: bool) -> None:
    limits = parse_constraints(["macs>=4", "macs<=8"])
    assert satisfied(limits, {"macs": macs}) == holds


@pytest.mark.parametrize(("limit", "holds"), [("layers<=1", True), ("layers>=2", False)])
def test_a_network_is_feasible_where_its_figures_are_within_the_limits(
    limit: str, holds: bool
) -> None:
    network = graph(step("conv", Conv2d(out_channels=2)))
    assert is_feasible(parse_constraints([limit]), network) == holds
