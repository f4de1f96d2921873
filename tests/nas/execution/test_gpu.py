"""Which GPU a worker uses, on a machine that only says it has some."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch

import nas
from nas.execution.gpu import gpu_for, own_device
from nas.execution.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = ("cuda", "cuda:0", "cuda:1", "cpu")


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def devices() -> list[str]:
    return [str(own_device(torch.device(name))) for name in NAMES]


def test_without_gpus_a_worker_is_given_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert gpu_for(3) == {}
    assert devices() == list(NAMES)


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(("number", "own"), [(0, 0), (1, 1), (2, 0)])
def test_workers_take_gpus_in_turn_and_a_named_one_is_the_same_for_all(
    monkeypatch: pytest.MonkeyPatch, number: int, own: int
) -> None:
    for name, value in gpu_for(number).items():
        monkeypatch.setenv(name, value)
    assert devices() == [f"cuda:{own}", "cuda:0", "cuda:1", "cpu"]


@pytest.mark.usefixtures("gpus")
def test_a_worker_process_knows_its_gpu() -> None:
    with Workers(1) as workers:
        assert workers.submit(own_device, torch.device("cuda")).result() == torch.device("cuda:0")


class Stopped(Exception):
    """Raised where the workers would begin."""


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
@pytest.mark.parametrize(
    "job",
    [
        partial(nas.search, "nb201", "digits", "nasnet-digits", n_trials=2),
        partial(nas.rank, "nb201", "digits", "nasnet-digits", sample=2),
    ],
    ids=["search", "rank"],
)
def test_workers_are_told_the_device_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, job: Callable[..., object], device: str
) -> None:
    sent: list[Any] = []

    def crew(executor: object, material: object, *_: object, **__: object) -> None:
        sent.append(material)
        raise Stopped

    monkeypatch.setattr("nas.study.search_run.crew", crew)
    monkeypatch.setattr("nas.evaluate.ranking.crew", crew)
    with pytest.raises(Stopped):
        job(device=device, executor=Workers(2))
    assert [material.place for material in sent] == [torch.device(device)]
