"""DARTS networks against the counts of the authors' code, auxiliary heads left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas.analysis.cost import cost
from nas.task.task import Task
from search_spaces.cells.darts import Darts
from search_spaces.cells.genotype import Genotype

GOLDEN = json.loads(Path(__file__).with_name("darts.json").read_text())


def genotype(name):
    published = {key: v for key, v in GOLDEN["genotypes"][name].items() if key != "source"}
    return Genotype.from_json(json.dumps(published))


@pytest.mark.parametrize(
    "row", GOLDEN["counts"], ids=lambda row: f"{row['genotype']}-C{row['channels']}-{row['stem']}"
)
def test_parameters_and_macs(row):
    space = Darts(
        task=Task(classes=row["classes"], channels=3, resolution=row["resolution"]),
        channels=row["channels"],
        cells=row["cells"],
        stem=row["stem"],
    )
    measured = cost(space.network(genotype(row["genotype"])))
    assert (measured.params, measured.macs) == (row["params"], row["macs"])


@pytest.mark.parametrize("name", ["DARTS_V1", "DARTS_V2"])
def test_published_genotypes_are_points_of_the_space(name):
    space = Darts(task=Task(classes=10, channels=3, resolution=32))
    assert space.graph(genotype(name).to_json()).hash() == space.network(genotype(name)).hash()


def test_known_cells_have_the_published_parameters():
    """The genotypes of the authors, and the millions of parameters that the papers print."""
    space = Darts(task=Task(classes=10, channels=3, resolution=32))
    known = {name: space.graph(params) for name, params in space.known().items()}
    for name, theirs in (("DARTS, first order", "DARTS_V1"), ("DARTS, second order", "DARTS_V2")):
        assert known[name].hash() == space.network(genotype(theirs)).hash()
    millions = {name: round(cost(graph).params / 1e6, 1) for name, graph in known.items()}
    assert millions == {
        "DARTS, first order": 3.2,
        "DARTS, second order": 3.3,
        "P-DARTS": 3.4,
        "PC-DARTS": 3.6,
    }
