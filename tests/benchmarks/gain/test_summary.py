from __future__ import annotations

import pytest

from benchmarks.gain.course import Plan, Row
from benchmarks.gain.summary import by_length, by_network, rates, reached

PLAN = Plan(steps=(5,), rates=(0.1, 0.2), seeds=(1, 2))
AFTER = {
    ("predicted", 0.1): (0.5, 0.7),
    ("predicted", 0.2): (0.4, 0.6),
    ("default", 0.1): (0.1, 0.1),
    ("default", 0.2): (0.2, 0.3),
}


def rows(lead: float = 0.0) -> list[Row]:
    return [
        Row(
            kind=kind,
            steps=5,
            rate=rate,
            seed=seed,
            before=0.3 if kind == "predicted" else 0.1,
            after=AFTER[kind, rate][seed - 1] + lead * (kind == "default"),
        )
        for kind, _, rate, seed in PLAN.keys
    ]


def test_each_kind_of_weights_has_its_better_rate():
    found = {kind: reached(rows(), PLAN, kind, 5) for kind in ("predicted", "default")}
    assert (found["predicted"].rate, found["default"].rate) == (0.1, 0.2)
    assert found["predicted"].mean == pytest.approx(60)
    assert found["default"].mean == pytest.approx(25)
    assert found["default"].variance == pytest.approx(25)  # of 20 and 30: 50, halved


def test_before_training_there_is_no_rate():
    found = reached(rows(), PLAN, "predicted", 0)
    assert found.mean == pytest.approx(30)
    assert found.rate is None


def test_means_over_networks_and_who_leads():
    """Ahead by 35 and by -5, whose standard errors are sqrt(100 + 25)."""
    table = by_length({"a": rows(), "b": rows(0.4)}, PLAN).splitlines()
    assert table[2] == "| 0 | 30.0 ± 0.0 | 10.0 ± 0.0 | +20.0 ± 0.0 | 2 of 2 | 2 | 0 |"
    assert table[3] == "| 5 | 60.0 ± 0.0 | 45.0 ± 20.0 | +15.0 ± 20.0 | 1 of 2 | 1 | 0 |"


def test_each_network_and_the_rates_that_were_better():
    networks = {"a": rows()}
    assert by_network(networks, PLAN).endswith("| a | 30.0 / 10.0 | 60.0 / 25.0 |")
    assert rates(networks, PLAN).splitlines()[2:] == [
        "| 5 | predicted | 1 | 0 |",
        "| 5 | default | 0 | 1 |",
    ]
