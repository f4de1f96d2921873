from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from nas.errors import TrainingError
from nas.events import Advanced, Event, Noted, StageStarted, TimeLeft
from nas.study.forecast import timed
from nas.study.search_config import SearchConfig
from tests.nas.study.study_toys import toy_space

if TYPE_CHECKING:
    from nas.space.candidate import Candidate


@dataclass
class Timer:
    """A trainer of a known pace."""

    seconds: float

    def seconds_per_epoch(self, candidate: Candidate) -> float:
        return self.seconds


def events_of(seconds: float, **settings: Any) -> list[Event]:
    """The events until all candidates are scored, of a search with two final trainings."""
    lengths = {"finalists": 2, "finalist_epochs": 1, "max_epochs": 2}
    config = SearchConfig(**{"n_trials": 10, **lengths, **settings})
    heard: list[Event] = []
    trainer: Any = Timer(seconds)
    listen = timed(heard.append, toy_space(), trainer, config, "search")
    listen(StageStarted(stage="search", total=10))
    listen(Advanced(stage="search", done=10, total=10, metrics={}))
    return heard


def left_in(heard: list[Event]) -> float:
    (seconds,) = (event.seconds for event in heard if isinstance(event, TimeLeft))
    return seconds


def test_trainings_are_expected_to_take_their_epochs_at_the_measured_pace() -> None:
    heard = events_of(3.0)
    assert left_in(heard) == pytest.approx(3.0 * (2 * 1 + 2 * 2))
    assert not [event for event in heard if isinstance(event, Noted)]


def test_what_takes_over_ten_minutes_is_said_before_anything_else() -> None:
    first = events_of(900.0)[0]
    assert isinstance(first, Noted)
    assert "about 1.5 hours on this machine" in first.text


def test_limited_trainings_take_their_limit() -> None:
    heard = events_of(900.0, train_seconds=50.0)
    assert left_in(heard) == pytest.approx(50.0)
    assert not [event for event in heard if isinstance(event, Noted)]


@pytest.mark.parametrize(
    "error", [FileNotFoundError("no file"), TrainingError("the loss is nan"), SystemExit(0)]
)
def test_a_network_that_cannot_be_timed_ends_no_search(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(trainer: Timer, candidate: Candidate) -> float:
        raise error

    monkeypatch.setattr(Timer, "seconds_per_epoch", fail)
    assert [type(event) for event in events_of(900.0)] == [StageStarted, Advanced]
