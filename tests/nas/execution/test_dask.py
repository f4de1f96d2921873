"""Searches on a Dask cluster, with real worker processes."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from nas.errors import ConfigError, StudyError
from nas.execution.crew import crew
from nas.execution.dask import dask_executor
from tests.nas.study.study_toys import found, record, toy_search

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two processes on this machine."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_finds_the_same(scheduler: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"n_trials": 16, "generation": 8, "finalists": 3, "max_epochs": 2}
    with dask_executor(scheduler) as executor:
        result = toy_search(tmp_path / "run", executor=executor, **settings)
    alone = toy_search(**settings)
    assert record(result) == record(alone)
    assert found(result) == found(alone)


def die_once(material: object, file: Path) -> int:
    """Kill the worker that runs it first."""
    if not file.exists():
        file.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_the_task_of_a_worker_that_dies_is_given_to_another(
    scheduler: str, tmp_path: Path
) -> None:
    with dask_executor(scheduler) as executor, crew(executor, "material", "it") as some:
        assert some.submit(die_once, tmp_path / "dead").result() > 0


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas.execution.dask._PATIENCE", 1)
    with (
        pytest.raises(StudyError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"),
        dask_executor("tcp://127.0.0.1:9"),
    ):
        pass
    with (
        pytest.raises(ConfigError, match="'nonsense://x' is no address of a Dask scheduler"),
        dask_executor("nonsense://x"),
    ):
        pass
