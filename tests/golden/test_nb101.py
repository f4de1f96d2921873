"""NAS-Bench-101 against parameter counts of its authors and of NASLib."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas.analysis.cost import cost
from nas.task.task import Task
from search_spaces.cells.nb101 import NasBench101, params_of, params_of_numbers

GOLDEN = json.loads(Path(__file__).with_name("nb101.json").read_text())
SPACE = NasBench101(task=Task(classes=10, channels=3, resolution=32))


@pytest.mark.parametrize("row", GOLDEN["published"], ids=lambda row: str(row["params"]))
def test_parameters_of_published_cells(row):
    adjacency = [list(map(int, line)) for line in row["adjacency"]]
    params = params_of(adjacency, row["operations"])
    assert cost(SPACE.graph(params)).params == row["params"]


@pytest.mark.parametrize("row", GOLDEN["listed"], ids=lambda row: str(row["params"]))
def test_parameters_of_a_sample(row):
    """The list has six digits."""
    params = params_of_numbers(list(map(int, row["numbers"])))
    assert f"{cost(SPACE.graph(params)).params / 1e6:.6g}" == f"{row['params']:.6g}"
    assert SPACE.decode(SPACE.encode(params)) == params


def test_known_cells():
    """Inception is the authors' example; ResNet is two convolutions beside a projection."""
    resnet, inception = (cost(SPACE.graph(params)) for params in SPACE.known().values())
    assert inception.params == GOLDEN["published"][0]["params"]
    assert resnet.layers == 1 + 9 * 4 + 1
