"""Dask workers that die, lack the package or see no files, and a scheduler that dies."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nas.errors import StudyError, UnfitWorkerError
from nas.events import Advanced
from nas.execution.crew import Crew, crew
from nas.execution.dask import DaskWorkers
from nas.execution.material import Material, stored
from tests.nas.execution.dask_cluster import Cluster, cluster
from tests.nas.study.study_toys import found, record, toy_search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nas.events import Event

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Any]]:
    """A cluster of two workers, and a client of it."""
    with cluster(tmp_path_factory.mktemp("dask")) as some:
        some.add_worker()
        some.add_worker()
        with distributed.Client(some.address, timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
            yield some, client


class FarAway(Material):
    """A material whose file no worker sees."""

    def __init__(self, near: Material) -> None:
        super().__init__(near.digest, Path("/nowhere") / near.digest)
        object.__setattr__(self, "near", near)

    @property
    def content(self) -> bytes:
        near: Material = self.near  # type: ignore[attr-defined]
        return near.content


class Noisy:
    """Data that leave a line whenever a process reads them."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return read_noisily, (self.file,)


def read_noisily(file: Path) -> list[Path]:
    with file.open("a") as opened:
        opened.write(f"{os.getpid()}\n")
    return [file]


def slowly(material: Any, number: int) -> tuple[int, int]:
    time.sleep(0.05)
    return number, os.getpid()


def die(material: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Counting:
    """A client that counts how often the data are given to the cluster."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.placements = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def scatter(self, content: bytes) -> Any:
        self.placements += 1
        return self.client.scatter(content)


def test_data_reach_each_worker_once_though_many_tasks_wait(
    two: tuple[Cluster, Any], tmp_path: Path
) -> None:
    read = tmp_path / "read"
    client = Counting(two[1])
    with stored(Noisy(read), "it") as near:
        found = Crew(DaskWorkers(client), FarAway(near))
        jobs = [found.submit(slowly, number) for number in range(40)]
        answers = [job.result() for job in jobs]
    assert [number for number, _ in answers] == list(range(40))
    assert client.placements == 1
    readers = read.read_text().split()
    assert sorted(readers) == sorted(set(readers))
    assert {str(process) for _, process in answers} == set(readers)


def test_data_are_given_again_if_the_workers_that_hold_them_die(
    two: tuple[Cluster, Any],
) -> None:
    client = Counting(two[1])
    with stored([1, 2, 3], "it") as near:
        found = Crew(DaskWorkers(client), FarAway(near))
        assert found.submit(slowly, 1).result()[0] == 1
        for process in set(two[1].run(os.getpid).values()):
            os.kill(process, signal.SIGKILL)
        jobs = [found.submit(slowly, number) for number in range(8)]
        assert [job.result()[0] for job in jobs] == list(range(8))
    assert client.placements >= 2


def test_the_number_of_workers_is_known_before_they_have_answered(
    two: tuple[Cluster, Any],
) -> None:
    two[1].wait_for_workers(2, timeout=120)
    with crew(DaskWorkers(two[1]), [0], "it") as found:
        assert found.size == 2
    with crew(two[1].get_executor(pure=False), [0], "it") as found:
        assert found.size == 2


def test_a_worker_without_the_package_is_left_out(two: tuple[Cluster, Any]) -> None:
    some, client = two
    lacking = some.add_worker(has_package=False)
    client.wait_for_workers(3, timeout=120)
    executor = DaskWorkers(client)
    with crew(executor, [0], "it") as found:
        jobs = [found.submit(slowly, number) for number in range(30)]
        assert [job.result()[0] for job in jobs] == list(range(30))
        assert executor.count == 2
    lacking.terminate()
    lacking.wait()


def test_a_cluster_whose_workers_all_lack_the_package(tmp_path: Path) -> None:
    with cluster(tmp_path) as some:
        some.add_worker(has_package=False)
        with distributed.Client(some.address, timeout=60) as client:
            client.wait_for_workers(1, timeout=120)
            with (
                pytest.raises(UnfitWorkerError, match=r"no worker can do the work.*'nas'"),
                crew(DaskWorkers(client), [0], "it") as found,
            ):
                found.submit(slowly, 1).result()
            some.processes[0].kill()  # the scheduler
            with (
                pytest.raises(StudyError, match="takes no more work"),
                crew(DaskWorkers(client), [0], "it") as found,
            ):
                found.submit(slowly, 1).result()


def test_a_search_survives_its_workers_and_is_continued_after_its_scheduler(
    tmp_path: Path,
) -> None:
    settings: dict[str, Any] = {"n_trials": 24, "generation": 8, "finalists": 3, "max_epochs": 2}
    events: list[str] = []

    def disturb(event: Event) -> None:
        if not isinstance(event, Advanced) or len(events) == 2:
            return
        victim = some.processes[0].pid  # the scheduler
        if not events:
            victim = next(iter(client.run(os.getpid).values()))
        events.append("killed")
        os.kill(victim, signal.SIGKILL)

    with cluster(tmp_path) as some:
        some.add_worker()
        some.add_worker()
        with distributed.Client(some.address, timeout=5) as client:
            client.wait_for_workers(2, timeout=120)
            with pytest.raises(StudyError, match="takes no more work") as caught:
                toy_search(
                    tmp_path / "run", executor=DaskWorkers(client), listen=disturb, **settings
                )
    assert "it continues from the record" in str(caught.value)
    assert len(events) == 2
    result, alone = toy_search(tmp_path / "run", **settings), toy_search(**settings)
    assert record(result) == record(alone)
    assert found(result) == found(alone)
