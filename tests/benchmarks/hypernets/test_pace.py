from __future__ import annotations

import pytest

from benchmarks.hypernets import pace
from benchmarks.hypernets.pace import Known, Pace, Stopwatch
from nas.events import Advanced, StageFinished, StageStarted


@pytest.fixture
def clock(monkeypatch):
    """The processor's time, to be set."""
    now = [0.0]
    monkeypatch.setattr(pace, "process_time", lambda: now[0])
    return now


def at_step(done: int, stage: str = "train-hypernet") -> Advanced:
    return Advanced(stage=stage, done=done, total=None, metrics={})


def test_a_pace_leaves_out_the_warming_up_and_other_stages(clock):
    watched = Pace(4.0)
    for second, event in (
        (100.0, at_step(10)),
        (101.0, at_step(5, "measure")),
        (102.0, at_step(20)),
    ):
        clock[0] = second
        watched(event)
    clock[0] = 106.0
    with pytest.raises(Known):
        watched(at_step(40))
    assert watched.step == pytest.approx(6 / 30)


def test_a_pace_needs_two_reports(clock):
    watched = Pace(1.0)
    watched(at_step(10))
    with pytest.raises(ValueError, match="at least twice"):
        _ = watched.step


def test_a_stopwatch_takes_the_training_alone(clock):
    watch = Stopwatch()
    for second, event in (
        (3.0, StageStarted(stage="train-hypernet")),
        (10.0, StageFinished(stage="train-hypernet", seconds=99.0, completed=True)),
        (11.0, StageStarted(stage="measure")),
        (20.0, StageFinished(stage="measure", seconds=9.0, completed=True)),
    ):
        clock[0] = second
        watch(event)
    assert watch.seconds == 7.0
