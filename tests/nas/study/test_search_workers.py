"""Searches whose scoring and trainings run in workers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from optuna.trial import TrialState
from torch import Tensor, nn

from nas.errors import StudyError
from nas.events import Advanced, StageStarted
from nas.execution.crew import ATTEMPTS
from nas.execution.workers import Workers
from nas.space.own_space import own_space
from tests.nas.study.study_toys import DIGITS, ToyPredictor, ToySpace, found, record, toy_search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nas.events import Event
    from nas.graph.graph import Graph
    from nas.space.trial import Trial
    from nas.study.result import SearchResult

SETTINGS: dict[str, Any] = {
    "n_trials": 24,
    "generation": 12,
    "sampler": "evolution",
    "finalists": 4,
    "max_epochs": 6,
    "init": "auto",
}
LONG = {**SETTINGS, "finalist_epochs": 16, "max_epochs": 0}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """The search in one process."""
    return toy_search(tmp_path_factory.mktemp("alone"), **SETTINGS)


@pytest.fixture(scope="module")
def long_alone() -> SearchResult:
    """The search in one process whose trainings are long."""
    return toy_search(**LONG)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(2) as two:
        yield two


def assert_equal(one: SearchResult, other: SearchResult) -> None:
    assert record(one) == record(other)
    assert found(one) == found(other)
    if one.best_model is not None and other.best_model is not None:
        state = other.best_model.state_dict()
        assert all(tensor.equal(state[k]) for k, tensor in one.best_model.state_dict().items())


def test_workers_find_the_same(alone: SearchResult, workers: Workers, tmp_path: Path) -> None:
    result = toy_search(tmp_path, executor=workers, **SETTINGS)
    assert_equal(result, alone)
    assert set(result.seconds) == set(alone.seconds)
    assert not list(tmp_path.glob("checkpoints/*.safetensors"))


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_workers_does_not_matter(count: int, alone: SearchResult) -> None:
    with Workers(count) as some:
        assert_equal(toy_search(executor=some, **SETTINGS), alone)


def test_threads_find_the_same(alone: SearchResult) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert_equal(toy_search(executor=executor, **SETTINGS), alone)


def test_a_search_in_workers_is_continued_in_one_process_and_the_reverse(
    alone: SearchResult, workers: Workers, tmp_path: Path
) -> None:
    begun = {**SETTINGS, "n_trials": 12, "finalists": 0, "max_epochs": 0}
    for first, second in [(workers, None), (None, workers)]:
        out = tmp_path / str(first)
        toy_search(out, executor=first, **begun)
        assert_equal(toy_search(out, executor=second, **SETTINGS), alone)


class Net(nn.Sequential):
    """A user's module that remembers which process trained it."""

    def __init__(self, width: int) -> None:
        layers = [nn.Conv2d(1, width, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        super().__init__(*layers, nn.Linear(width, 10))


def build(trial: Any, data: Any) -> nn.Module:
    return Net(trial.suggest_int("width", 2, 9))


def test_spaces_and_baselines_of_the_users_own_reach_the_workers(workers: Workers) -> None:
    def local(trial: Any, data: Any) -> nn.Module:
        return build(trial, data)

    settings: dict[str, Any] = {
        "space": own_space(local, DIGITS),
        "n_trials": 6,
        "finalists": 2,
        "max_epochs": 2,
        "baselines": {"mine": Net(4)},
    }
    assert_equal(toy_search(executor=workers, **settings), toy_search(**settings))


class Reader(Net):
    """A user's module that reads a missing file while it is trained."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) > 8 and len(next(self.parameters())) % 2:
            Path("no such file").read_bytes()
        out: Tensor = super().forward(x)
        return out


def test_a_file_that_the_users_code_cannot_read_in_training_is_that_networks_failure(
    workers: Workers, tmp_path: Path
) -> None:
    """Also where its build() cannot read one for a while."""

    def reader(trial: Any, data: Any) -> nn.Module:
        return Reader(trial.suggest_int("width", 2, 9))

    def described(trial: Any, data: Any) -> nn.Module:
        width = trial.suggest_int("width", 2, 9)
        return Net(int((described_in / str(width)).read_text()))

    def move(event: Event) -> None:
        if getattr(event, "stage", "") == "rung 1" and not isinstance(event, Advanced):
            for width in (3, 5, 7, 9):
                here, away = described_in / str(width), described_in / f"{width} away"
                here.rename(away) if isinstance(event, StageStarted) else away.rename(here)

    for function in (reader, described):
        results = []
        for executor in (None, workers):
            described_in = tmp_path / f"{function.__name__} {executor}"
            described_in.mkdir()
            for width in range(2, 10):
                (described_in / str(width)).write_text(str(width))
            results.append(
                toy_search(
                    space=own_space(function, DIGITS, name="mine"),
                    executor=executor,
                    n_trials=6,
                    finalists=6,
                    max_epochs=2,
                    listen=move,
                )
            )
        assert_equal(*results)
        widths = {one.candidate.params["width"] for one in results[0].finalists}
        assert widths
        assert not any(width % 2 for width in widths)
        assert any(trial.params["width"] % 2 for trial in results[0].study.trials)


@dataclass(frozen=True, kw_only=True)
class TroubledSpace(ToySpace):
    """Some networks trouble the worker that scores them, but not the driver."""

    name: ClassVar[str] = "troubled"
    build_seconds: ClassVar[float] = 0.5

    driver: int = 0
    trouble: str = ""

    def build(self, trial: Trial) -> Graph:
        graph = super().build(trial)
        if os.getpid() != self.driver and is_troubled(trial):
            cause(self.trouble)
        return graph


def is_troubled(trial: Any) -> bool:
    return bool(trial.params["width0"] == 3 and trial.params["kernel0"] == 1)


def cause(trouble: str) -> None:
    if trouble == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if trouble == "hangs":
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.valid_signals()))
        time.sleep(600)
    if trouble == "eats memory":
        bytearray(10**13)
    if trouble == "raises":
        raise RuntimeError("no")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("raises", "RuntimeError: no"),
        ("eats memory", "MemoryError"),
        ("dies", "its worker process ended (SIGKILL)"),
        ("hangs", "it took longer than"),
    ],
)
def test_a_candidate_that_troubles_workers_fails_alone(trouble: str, reason: str) -> None:
    space = TroubledSpace(task=DIGITS, driver=os.getpid(), trouble=trouble)
    settings: dict[str, Any] = {"space": space, "n_trials": 7, "generation": 8, "max_epochs": 1}
    with Workers(2) as some:
        result = toy_search(executor=some, **settings)
    failed = result.study.get_trials(states=(TrialState.FAIL,))
    assert failed
    assert all(map(is_troubled, failed))
    reasons = {trial.user_attrs["reason"] for trial in failed}
    assert [text for text in reasons if reason not in text] == []


@dataclass(frozen=True, kw_only=True)
class DeadlySpace(ToySpace):
    """Some networks end the workers that score them, but only the first ones."""

    name: ClassVar[str] = "deadly"

    driver: int
    deaths: Path

    def build(self, trial: Trial) -> Graph:
        graph = super().build(trial)
        if os.getpid() != self.driver and is_troubled(trial):
            dead = len(list(self.deaths.iterdir()))
            if dead < ATTEMPTS:
                (self.deaths / str(dead)).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return graph


@pytest.mark.slow
def test_figures_are_the_same_where_a_task_has_lost_its_workers(tmp_path: Path) -> None:
    """Also to the last digit, which depends on what is predicted together."""
    space = DeadlySpace(task=DIGITS, driver=os.getpid(), deaths=tmp_path)
    settings: dict[str, Any] = {"space": space, "n_trials": 7, "generation": 8, "max_epochs": 0}
    with Workers(1) as one:
        result = toy_search(executor=one, finalists=0, **settings)
    assert len(list(tmp_path.iterdir())) == ATTEMPTS
    assert_equal(result, toy_search(finalists=0, **settings))
    assert result.trials.complete == 7


class Killer:
    """A listener that kills a worker a moment after each step of a search."""

    def __init__(self, most: int) -> None:
        self.victims: list[int] = []
        self._left = most
        self._draws = random.Random(0)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Advanced) and self._left:
            self._left -= 1
            threading.Timer(0.3, self._kill).start()

    def _kill(self) -> None:
        children = children_of(os.getpid())
        if children:
            self.victims.append(self._draws.choice(children))
            os.kill(self.victims[-1], signal.SIGKILL)


def children_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


@pytest.mark.slow
def test_workers_that_are_killed_change_nothing(alone: SearchResult, tmp_path: Path) -> None:
    predictor, killer = ToyPredictor(ToySpace(task=DIGITS), delay=0.5), Killer(5)
    with Workers(2) as some:
        result = toy_search(
            tmp_path, predictor=predictor, executor=some, listen=killer, **SETTINGS
        )
    assert len(killer.victims) > 2
    assert_equal(result, alone)


PROGRAM = """
import sys
from pathlib import Path
from nas.events import Advanced, StageStarted
from nas.execution.crew import ATTEMPTS
from nas.execution.workers import Workers
from nas.space.own_space import own_space
from tests.nas.study.study_toys import DIGITS, ToyPredictor, ToySpace, toy_search
predictor = ToyPredictor(ToySpace(task=DIGITS), delay=0.2)
with Workers(2) as workers:
    print("begun", flush=True)
    toy_search(Path(sys.argv[1]), predictor=predictor, executor=workers, **eval(sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("when", ["scoring", "training"])
def test_a_driver_that_is_stopped_leaves_no_process_and_is_continued(
    how: signal.Signals,
    when: str,
    alone: SearchResult,
    long_alone: SearchResult,
    workers: Workers,
    tmp_path: Path,
) -> None:
    settings = LONG if when == "training" else SETTINGS
    driver = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), repr(settings)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    journal, checkpoints = tmp_path / "study.journal", tmp_path / "checkpoints"
    seen: list[int] = []
    try:
        while not (
            any(checkpoints.glob("*.safetensors"))
            if when == "training"
            else journal.exists() and b'"op_code":4,' in journal.read_bytes()
        ):
            assert driver.poll() is None
            seen = children_of(driver.pid) or seen
            time.sleep(0.02)
        driver.send_signal(how)
        driver.wait(timeout=60)
    finally:
        driver.kill()
        driver.wait()
        assert driver.stdout is not None
        driver.stdout.close()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in seen) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert seen
    assert not any(Path(f"/proc/{child}").exists() for child in seen)
    result = toy_search(tmp_path, executor=workers, **settings)
    assert_equal(result, alone if when == "scoring" else long_alone)


class Broken(Executor):
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("no machine is left")


def test_an_executor_that_takes_no_work_ends_the_search(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="takes no more work: RuntimeError: no machine is left"):
        toy_search(tmp_path, executor=Broken(), **SETTINGS)


@pytest.mark.slow
def test_under_a_time_limit_each_worker_trains_a_finalist(
    workers: Workers, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "finalists": None, "finalist_epochs": 30, "max_epochs": 0}
    began = time.monotonic()
    result = toy_search(tmp_path, executor=workers, train_seconds=4.0, **settings)
    lasted = time.monotonic() - began
    spent = result.seconds["rung 1"]
    assert 4.0 <= spent <= lasted
    assert sum(effort.architectures for effort in result.rungs[1:]) >= 3
    again = toy_search(tmp_path, executor=workers, train_seconds=4.0, **settings)
    assert found(again) == found(result)
