from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch

import nas
from benchmarks.truth import table as truth
from benchmarks.truth.own import train as own
from nas.analysis.cost import cost
from nas.task.task import Task
from nas.training.train import train

if TYPE_CHECKING:
    from collections.abc import Callable
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


def _stopping_after(trainings: int) -> Callable[..., Any]:
    left = iter(range(trainings))

    def run(*args: Any, **options: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return train(*args, **options)

    return run


def test_trainings_are_kept_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truth, "FOLDER", tmp_path)
    monkeypatch.setattr(own, "BEGUN", tmp_path / "begun")
    monkeypatch.setattr(own, "_NETWORKS", 2)
    monkeypatch.setattr(own, "_REPEATED", 1)
    planned = own.OwnTable(space="resnet", dataset="digits", epochs=2)
    torch.set_num_threads(1)
    data = nas.load_dataset("digits")
    data = replace(data, train=data.train.spread(128), val=data.val.spread(64))
    with monkeypatch.context() as patch:
        patch.setattr(own, "train", _stopping_after(1))
        with pytest.raises(KeyboardInterrupt):
            own._train("toy-own", planned, data)
    assert len(truth.read("toy-own", tmp_path / "begun").rows) == 1
    assert truth.names() == []

    truth.read.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(own, "train", _stopping_after(2))
        own._train("toy-own", planned, data)
    assert not list((tmp_path / "begun").iterdir())
    table = truth.read("toy-own")
    assert (len(table.rows), len(table.repeats)) == (2, 1)
    assert {len(curve) for curve in table.curves.values()} == {2}

    truth.read.cache_clear()
    monkeypatch.setattr(own, "train", None)  # nothing is trained again
    own._train("toy-own", planned, data)
