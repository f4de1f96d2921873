from __future__ import annotations

import json
import math
from time import sleep

import pytest
import torch

from benchmarks.speed.clock import CLOCKS, Clock
from benchmarks.speed.generation import GenerationSizes
from benchmarks.speed.meta_step import FORMS
from benchmarks.speed.resnet50 import ResNet50
from benchmarks.speed.run import Plan, measure, table
from benchmarks.speed.subject import Widths, imported


def tiny(*parts: str, networks: int = 2) -> Plan:
    return Plan(
        parts=parts,
        repeats=1,
        threads=1,
        forms=("fp32",),
        clock="cpu",
        widths=Widths(resnet_width=4, darts_channels=4, darts_cells=3),
        generation=GenerationSizes(networks=networks, batch=2, channels=4),
        trials=4,
    )


def test_the_resnet_is_the_published_one():
    params = sum(parameter.numel() for parameter in ResNet50(1000).parameters())
    assert params == 25_557_032  # torchvision's resnet50
    assert ResNet50(10, 4)(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    graph = imported(ResNet50(10, 4).eval(), torch.zeros(1, 3, 32, 32))
    assert sum(math.prod(spec.shape) for spec in graph.parameters().values()) == sum(
        parameter.numel() for parameter in ResNet50(10, 4).parameters()
    )


def test_the_clock_runs_in_turn_after_a_warm_up():
    seen = []
    found = Clock(2).compare({"a": lambda: seen.append("a"), "b": lambda: seen.append("b")})
    assert seen == ["a", "b"] * 3
    assert found["a"].least <= found["a"].median <= found["a"].most


@pytest.mark.parametrize(("kind", "least", "most"), [("wall", 0.05, 1.0), ("cpu", 0.0, 0.02)])
def test_only_the_wall_clock_counts_sleep(kind, least, most):
    nap = Clock(1, kind).compare({"nap": lambda: sleep(0.05)})["nap"].median
    assert least <= nap < most
    assert kind in CLOCKS


@pytest.mark.slow
def test_one_network():
    found = measure(tiny("networks"))
    for one in found["networks"].values():
        assert one["passes"]["forward"] == 1
        assert one["times"]["predict"]["median"] > one["times"]["encode"]["median"] > 0
        assert one["memory"] > 4 * one["params"]
    assert "resnet50" in table(found)[0]


def test_scoring():
    found = measure(tiny("scoring"))
    scores = found["scoring"]
    parts = {name: taken["median"] for name, taken in scores["parts"].items()}
    whole = parts.pop("whole")
    assert sum(parts.values()) == pytest.approx(whole, rel=0.1)
    assert scores["rate"] == pytest.approx(2 / whole)
    assert scores["beyond"] == pytest.approx(whole / scores["forward"]["median"] - 1)


def test_meta_step():
    found = json.loads(json.dumps(measure(tiny("meta-step", networks=1))))
    assert found["meta_step"].keys() == {"fp32"} <= FORMS.keys()
    for step in found["meta_step"].values():
        parts = {name: taken["median"] for name, taken in step["parts"].items()}
        whole = parts.pop("whole")
        assert sum(parts.values()) == pytest.approx(whole, rel=0.1)
        assert parts.keys() == {"build", "predict", "targets", "backward", "update"}
    assert len(table(found)) == 8


def test_custom_space():
    found = measure(tiny("custom-space"))
    one = found["custom_space"]
    assert one["rate"] == pytest.approx(4 / one["search"]["median"])
    assert table(found) == [f"custom space: {one['rate']:.1f} candidates/s"]
