"""Searches in a process of their own that is killed, and are then repeated."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from tests.nas.study.study_toys import found, record, toy_search

if TYPE_CHECKING:
    from collections.abc import Callable

    from nas.study.result import SearchResult

pytestmark = pytest.mark.slow

SETTINGS: dict[str, Any] = {
    "n_trials": 80,
    "generation": 8,
    "sampler": "evolution",
    "finalist_epochs": 8,
    "max_epochs": 12,
}
PROGRAM = """
import sys
from pathlib import Path
from tests.nas.study.study_toys import ToyPredictor, toy_search, toy_space
predictor = ToyPredictor(toy_space(), delay=0.05)
toy_search(Path(sys.argv[1]), predictor=predictor, **eval(sys.argv[2]))
"""


def kill_when(ready: Callable[[], bool], out: Path, **changes: Any) -> None:
    """Run the search in another process, and kill that in the middle of its work."""
    command = [sys.executable, "-c", PROGRAM, str(out), repr({**SETTINGS, **changes})]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3], env={**os.environ})
    try:
        while not ready():
            assert process.poll() is None, "the search ended before it could be killed"
            time.sleep(0.001)
        time.sleep(0.02)  # what made it ready is written to its end; the other case has a test
    finally:
        process.kill()
        process.wait()


def trials_in(out: Path) -> int:
    journal = out / "study.journal"
    return journal.read_bytes().count(b'"op_code":4,') if journal.exists() else 0


def holds_trials(out: Path, count: int) -> bool:
    return trials_in(out) >= count


def training(kind: str, out: Path) -> bool:
    return any(out.glob(f"checkpoints/{kind}-*.safetensors"))


@pytest.fixture(scope="module")
def undisturbed() -> SearchResult:
    return toy_search(**SETTINGS)


def assert_exactly_once(result: SearchResult, n_trials: int = 80) -> None:
    complete = result.study.get_trials(states=(TrialState.COMPLETE,))
    assert len(complete) == n_trials == result.trials.complete
    assert max(Counter(trial.user_attrs["hash"] for trial in complete).values()) == 1
    assert result.run is not None
    lines = (result.run / "trials.csv").read_text().splitlines()
    assert len(lines) == 1 + len(result.study.trials)


def test_killed_again_and_again_while_exploring(undisturbed: SearchResult, tmp_path: Path) -> None:
    for count in (1, 50):
        kill_when(partial(holds_trials, tmp_path, count), tmp_path)
        assert 0 < trials_in(tmp_path) < len(undisturbed.study.trials)
    result = toy_search(tmp_path, **SETTINGS)
    assert_exactly_once(result)
    assert record(result) == record(undisturbed)
    assert found(result) == found(undisturbed)


@pytest.mark.parametrize("kind", ["finalist", "final"])
def test_killed_while_training(kind: str, undisturbed: SearchResult, tmp_path: Path) -> None:
    kill_when(lambda: training(kind, tmp_path), tmp_path)
    assert training(kind, tmp_path)
    assert not (tmp_path / "best" / "model.safetensors").exists()
    result = toy_search(tmp_path, **SETTINGS)
    assert_exactly_once(result)
    assert found(result) == found(undisturbed)
    assert not training("", tmp_path)


def test_killed_while_a_database_is_written(tmp_path: Path) -> None:
    settings = {**SETTINGS, "n_trials": 40, "max_epochs": 0, "finalists": 0}
    url = f"sqlite:///{tmp_path / 's.db'}"

    def some_of_a_generation() -> bool:
        if not (tmp_path / "s.db").exists():
            return False
        try:
            study = optuna.load_study(storage=url, study_name="toy-digits")
        except Exception:  # being created
            return False
        return len(study.trials) >= 8

    out = tmp_path / "run"
    kill_when(some_of_a_generation, out, storage=url, **settings)
    assert len(optuna.load_study(storage=url, study_name=None).trials) % 8 == 0
    result = toy_search(out, storage=url, **settings)
    assert_exactly_once(result, 40)
    assert record(result) == record(toy_search(**settings))


def test_half_a_generation_in_the_journal_is_dropped(
    undisturbed: SearchResult, tmp_path: Path
) -> None:
    out = tmp_path / "cut"
    settings = {**SETTINGS, "max_epochs": 0, "finalists": 0}
    toy_search(out, **{**settings, "n_trials": 24})
    journal = out / "study.journal"
    content = journal.read_bytes()
    journal.write_bytes(content[: content.rindex(b'"op_code":4,') + 100])
    result = toy_search(out, **settings)
    assert_exactly_once(result)
    assert record(result) == record(undisturbed)
    theirs = JournalStorage(JournalFileBackend(str(journal)))
    assert len(optuna.load_study(storage=theirs, study_name=None).trials) == len(record(result))
