from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

import nas
from benchmarks.truth import table as truth
from benchmarks.truth.own import train as own
from nas.analysis.cost import cost
from nas.task.task import Task

if TYPE_CHECKING:
    from pathlib import Path

TASK = Task(classes=10, channels=3, resolution=16)


@pytest.mark.parametrize("name", own.TABLES)
def test_the_networks_of_a_table_are_different_and_within_its_bound(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "_NETWORKS", 3)
    planned = own.TABLES[name]
    space = own._empty(name, planned).search_space(TASK)
    networks, again = planned.networks(space), planned.networks(space)
    assert [one.hash for one in networks] == [one.hash for one in again]
    assert len({one.hash for one in networks}) == 3
    assert all(cost(one.network).macs <= planned.macs for one in networks)


def test_trainings_are_kept_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truth, "FOLDER", tmp_path)
    monkeypatch.setattr(own, "_NETWORKS", 2)
    monkeypatch.setattr(own, "_REPEATED", 1)
    planned = own.OwnTable(space="resnet", dataset="digits", epochs=2)
    torch.set_num_threads(1)
    data = nas.load_dataset("digits")
    data = replace(data, train=data.train.spread(128), val=data.val.spread(64))
    own._train("toy-own", planned, data)
    table = truth.read("toy-own")
    assert (len(table.rows), len(table.repeats)) == (2, 1)
    assert {len(curve) for curve in table.curves.values()} == {2}

    truth.read.cache_clear()
    monkeypatch.setattr(own, "train", None)  # nothing is trained again
    own._train("toy-own", planned, data)
