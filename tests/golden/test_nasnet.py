"""NASNet-A against the released models and the paper."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas.analysis.cost import cost
from nas.task.task import Task
from search_spaces.cells.nasnet import NasNet
from search_spaces.cells.published import NASNET_A

GOLDEN = json.loads(Path(__file__).with_name("nasnet.json").read_text())
MACRO = ("channels", "cells", "stem", "stem_multiplier")


@pytest.mark.parametrize("row", GOLDEN["counts"], ids=lambda row: row["model"])
def test_parameters_and_macs(row):
    task = Task(classes=row["classes"], channels=3, resolution=row["resolution"])
    space = NasNet(task=task, **{name: row[name] for name in MACRO})
    measured = cost(space.network(NASNET_A))
    assert measured.params == row["params"]
    if row["macs"] is not None:
        assert measured.macs == row["macs"]
    if row["published_macs"] is not None:
        assert row["published_macs"] in (
            f"{measured.macs / 1e6:.0f}M",
            f"{measured.macs / 1e9:.1f}B",
        )


def test_penultimate_width_is_24_times_the_first():
    space = NasNet(task=Task(classes=10, channels=3, resolution=32), channels=4, cells=1)
    head = space.network(NASNET_A).parameters()["classifier.weight"]
    assert head.shape == (10, 24 * 4)
