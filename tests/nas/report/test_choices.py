from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

import search_spaces
from nas.graph.builder import GraphBuilder
from nas.report.choices import Choice, choices
from nas.space.search_space import SearchSpace
from nas.task.task import Task

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.trial import Trial

IMAGES = Task(classes=10, channels=3, resolution=32)


@dataclass(frozen=True, kw_only=True)
class Chain(SearchSpace):
    """A chain whose length decides what else is asked."""

    name = "chain"

    def build(self, trial: Trial) -> Graph:
        b = GraphBuilder()
        x = b.input((1, self.task.channels, 8, 8))
        for index in range(trial.suggest_int("depth", 1, 3)):
            kernel = trial.suggest_categorical(f"kernel{index}", (1, 3, 5))
            x = b.conv2d(x, trial.suggest_int(f"width{index}", 8, 32, step=8), kernel)
        trial.suggest_float("rate", 1e-3, 1.0, log=True)
        trial.suggest_categorical("pair", ("0,1", "1,2"))
        return b.build(b.classifier(x, self.task.classes))


def found(space: SearchSpace) -> dict[str, Choice]:
    return {choice.pattern: choice for choice in choices(space, np.random.default_rng(0))}


def test_every_kind_of_choice_is_described() -> None:
    assert {name: choice.options for name, choice in found(Chain(task=IMAGES)).items()} == {
        "depth": "1 to 3",
        "kernel{0..2}": "1, 3, 5",
        "width{0..2}": "8 to 32 in steps of 8",
        "rate": "0.001 to 1, logarithmic",
        "pair": "'0,1', '1,2'",
    }


def test_a_choice_that_depends_on_another_is_conditional() -> None:
    conditional = {n: c.conditional for n, c in found(Chain(task=IMAGES)).items()}
    assert conditional["kernel{0..2}"]
    assert not conditional["depth"]


def test_a_cell_space_needs_few_lines() -> None:
    nasnet = found(search_spaces.get("nasnet", IMAGES))
    inputs, operations = nasnet.values()

    assert inputs.pattern == "{normal,reduce}.{0..4}.{left,right}_input"
    assert inputs.options == "the first 2 to 6 of 0, 1, 2, 3, 4, 5"
    assert len(inputs.names) == len(operations.names) == 20
    assert operations.options.startswith("identity, conv_1x3_3x1, ")


def test_edges_are_joined_though_not_every_pair_of_numbers_is_one() -> None:
    (edges,) = found(search_spaces.get("nb201", IMAGES)).values()
    assert (edges.pattern, len(edges.names)) == ("edge_{0..2}_{1..3}", 6)


@pytest.mark.parametrize("name", ["nasnet", "darts", "nb101", "nb201", "deepnets"])
def test_every_parameter_is_in_one_entry(name: str) -> None:
    space = search_spaces.get(name, IMAGES)
    names = [n for choice in choices(space, np.random.default_rng(0)) for n in choice.names]
    assert len(names) == len(set(names))
    if name != "deepnets":
        assert len(names) == {"nasnet": 40, "darts": 24, "nb101": 25, "nb201": 6}[name]


def test_json_has_the_whole_distribution() -> None:
    described = {p: c.to_json() for p, c in found(Chain(task=IMAGES)).items()}
    assert described["kernel{0..2}"]["distributions"] == [{"options": [1, 3, 5]}]
    assert described["depth"]["distributions"] == [
        {"type": "int", "low": 1, "high": 3, "step": 1, "log": False}
    ]
    assert set(described["kernel{0..2}"]["parameters"]) == {"kernel0", "kernel1", "kernel2"}
