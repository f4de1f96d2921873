from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.starts import run
from benchmarks.starts.course import Course
from benchmarks.starts.summary import tables

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_command_resumes_and_prints_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--dataset", "digits-knn", "--networks", "Kipf", "--out", str(tmp_path)]
    words += ["--optimiser", "adam", "--steps", "20"]
    run.main([*words, "--starts", "default"])
    assert "Kipf, default, seed 1" in capsys.readouterr().err
    run.main([*words, "--starts", "default", "fitted"])
    shown = capsys.readouterr()
    assert "default" not in shown.err
    assert "| Kipf |" in shown.out
    run.main([*words, "--starts", "default", "fitted", "--finished"])
    assert capsys.readouterr().out == shown.out


def course(start: str, accuracy: tuple[float, ...], cost: float = 0.0) -> Course:
    return Course(
        start=start,
        optimiser="sgd",
        seed=1,
        rate=0.1,
        cost=cost,
        steps=(0, 100, 200),
        accuracy=accuracy,
    )


def test_the_share_of_steps_counts_the_cost_of_the_start() -> None:
    courses = [course("default", (0.1, 0.3, 0.4)), course("fitted", (0.2, 0.4, 0.5), 10.0)]
    text = tables({"one": courses}, ("default", "fitted"), "sgd", 200)
    assert "| default | 100 | 60.0 ± nan % | 0 of 1 |" in text
    assert "| 100 | 30.0 ± nan | 40.0 ± nan | +10.0 ± nan | 1 of 1 |" in text
