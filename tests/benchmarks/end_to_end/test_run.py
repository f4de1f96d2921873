from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.end_to_end import run
from benchmarks.end_to_end.arms import Reached, floor, largest, random_search
from benchmarks.end_to_end.tasks import TASKS, UserTask
from nas.data.catalog import load

if TYPE_CHECKING:
    from pathlib import Path

SHORT = UserTask(
    dataset="digits",
    space="resnet:channels=2,max_depth=1",
    rival="ResNet-8",
    options={"finalists": 2, "finalist_epochs": 1, "max_epochs": 2},
)


@pytest.mark.parametrize("name", ["cluttered-digits", "digits-knn"])
def test_the_rival_of_a_task_is_in_its_space(name: str) -> None:
    task = TASKS[name]
    data = task.data(None)
    assert task.design(task.search_space(data)).network.parameters()


def test_knowing_nothing_of_images_is_better_than_chance() -> None:
    assert min(floor(load("digits")).values()) > 0.9


@pytest.mark.slow
def test_arms_end_with_a_tested_network() -> None:
    data = SHORT.data(None)
    space = SHORT.search_space(data)
    for found in (
        random_search(SHORT, data, space, seed=0, seconds=1.0),
        largest(SHORT, data, space, seed=0),
    ):
        assert 0 <= found.test <= 1
        assert found.seconds > 0


def test_results_on_record_are_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[str] = []

    def arm(name: str, test: float) -> Any:
        def measured(*given: Any) -> Reached:
            calls.append(name)
            return Reached(test=test + 0.01 * given[3], val=0.5, seconds=60.0, name=name)

        return measured

    monkeypatch.setattr(run, "TASKS", {"digits": SHORT})
    monkeypatch.setattr(run, "engine", arm("engine", 0.9))
    monkeypatch.setattr(run, "random_search", arm("random", 0.8))
    monkeypatch.setattr(run, "ARMS", {"known design": arm("design", 0.85)})
    out = tmp_path / "results.json"
    for _ in range(2):
        run.main(["--tasks", "digits", "--seeds", "0", "1", "--out", str(out)])
    assert calls == 2 * ["engine", "random", "design"]
    rows = [line for line in capsys.readouterr().out.splitlines() if "random search" in line]
    assert rows[-1] == (
        "| digits | random search, equal time | 80.5 ± 0.5 | 2 | 10.0 ± 0.0 | 1.0 |"
    )
    assert json.loads(out.read_text())["digits"]["arms"]["nas search"]["1"]["test"] == 0.91
