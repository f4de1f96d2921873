from __future__ import annotations

import time

import pytest

from nas.events import Advanced, Event, StageFinished, StageStarted, ignore, stage


def test_a_stage_reports_start_steps_and_end() -> None:
    heard: list[Event] = []
    with stage(heard.append, "train", 3) as progress:
        progress.advance(1, loss=0.5)
    started, advanced, finished = heard
    assert started == StageStarted(stage="train", total=3)
    assert advanced == Advanced(stage="train", done=1, total=3, metrics={"loss": 0.5})
    assert isinstance(finished, StageFinished)
    assert finished.seconds == progress.seconds


def test_a_stage_is_timed() -> None:
    with stage(ignore, "train") as progress:
        time.sleep(0.02)
        assert 0.02 <= progress.elapsed < 2
        assert progress.seconds == 0
    assert 0.02 <= progress.seconds < 2


def test_a_stage_that_fails_ends_too() -> None:
    heard: list[Event] = []
    with pytest.raises(KeyError), stage(heard.append, "train"):
        raise KeyError
    assert [type(event).__name__ for event in heard] == ["StageStarted", "StageFinished"]
    assert isinstance(heard[-1], StageFinished)
    assert not heard[-1].completed
