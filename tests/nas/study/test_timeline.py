from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from nas.events import Advanced, Event, StageFinished, StageStarted, TimeLeft
from nas.study import timeline
from nas.study.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable


class Watched:
    """A timeline under a clock that the test sets, and the last time left."""

    def __init__(self, limited: tuple[str, ...] = ()) -> None:
        self.now = 0.0
        self._left: list[float] = []
        expected = {"search": None, "rung 1": 60.0, "train": 30.0}
        self._timeline = Timeline(self._listen, expected, limited, {"train": 2})

    def _listen(self, event: Event) -> None:
        if isinstance(event, TimeLeft):
            self._left.append(event.seconds)

    def start(self, stage: str) -> None:
        self._timeline(StageStarted(stage=stage, total=10))

    def advance(self, stage: str, done: int, total: int | None = 10) -> None:
        self._timeline(Advanced(stage=stage, done=done, total=total, metrics={}))

    def finish(self, stage: str, seconds: float) -> None:
        self._timeline(StageFinished(stage=stage, seconds=seconds, completed=True))

    @property
    def left(self) -> float | None:
        return self._left[-1] if self._left else None


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Watched]:
    def make(*limited: str) -> Watched:
        made = Watched(limited)
        monkeypatch.setattr(timeline, "time", SimpleNamespace(monotonic=lambda: made.now))
        return made

    return make


def test_nothing_is_said_before_the_pace_of_scoring_is_known(
    watched: Callable[..., Watched],
) -> None:
    search = watched()
    search.start("search")
    assert search.left is None
    search.now = 4.0
    search.advance("search", done=2)
    assert search.left == 16 + 60 + 30


def test_the_pace_of_a_rung_scales_the_training_behind_it(
    watched: Callable[..., Watched],
) -> None:
    search = watched()
    search.start("search")
    search.finish("search", 5.0)
    search.start("rung 1")
    assert search.left == 90
    search.now = 24.0
    search.advance("rung 1", done=2)
    assert search.left == 8 * 12 + 30
    search.finish("rung 1", 120.0)
    assert search.left == 2 * 30


def test_a_limited_stage_ends_with_its_time_however_many_steps_it_has(
    watched: Callable[..., Watched],
) -> None:
    search = watched("rung 1")
    search.start("search")
    search.finish("search", 5.0)
    search.start("rung 1")
    search.now = 45.0
    search.advance("rung 1", done=1, total=None)
    assert search.left == 15 + 30
    search.now = 70.0
    search.advance("rung 1", done=2, total=None)
    assert search.left == 30


def test_a_stage_that_an_earlier_call_has_done_takes_no_time(
    watched: Callable[..., Watched],
) -> None:
    search = watched()
    search.start("rung 1")
    assert search.left == 90


def test_a_stage_that_runs_twice_is_half_over_after_the_first(
    watched: Callable[..., Watched],
) -> None:
    search = watched()
    search.start("train")
    search.now = 8.0
    search.advance("train", done=4)
    assert search.left == 2 * 6 + 2 * 10
    search.now = 20.0
    search.finish("train", 20.0)
    assert search.left == 20
    search.start("train")
    search.now = 25.0
    search.advance("train", done=5)
    assert search.left == 5
    search.finish("train", 10.0)
    assert search.left == 0
