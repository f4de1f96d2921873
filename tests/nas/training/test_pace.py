from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import torch

from nas.data.catalog import load
from nas.training import pace
from nas.training.config import default_training
from nas.training.pace import seconds_per_epoch
from tests.nas.study.study_toys import toy_space

if TYPE_CHECKING:
    import pytest

GRAPH = toy_space().graph({"label": "a", "depth": 1, "width0": 2, "kernel0": 1})


def test_an_epoch_takes_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    data = load("digits")
    ticks = iter(range(100))  # each step lasts from one tick to the next
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    config = default_training(data.task)
    assert seconds_per_epoch(GRAPH, data, config) == len(data.train) // config.batch_size


def test_timing_leaves_the_random_state_alone() -> None:
    data = load("digits")
    before = torch.get_rng_state()
    seconds_per_epoch(GRAPH, data, default_training(data.task))
    assert torch.equal(torch.get_rng_state(), before)
