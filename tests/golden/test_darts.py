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
