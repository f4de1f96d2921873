"""Events that the library emits while it works; a listener decides which to show."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened."""


@dataclass(frozen=True, kw_only=True)
class StageStarted(Event):
    """A stage begins.

    Attributes:
        stage: Its name.
        total: The number of its steps; None where it is not known.
        steps: What a step is, in words: ``trainings of 3 epochs``.
    """

    stage: str
    total: int | None = None
    steps: str = ""


@dataclass(frozen=True, kw_only=True)
class Advanced(Event):
    """A stage has done ``done`` of its steps."""

    stage: str
    done: int
    total: int | None
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class StageFinished(Event):
    """A stage ended; not ``completed`` where an error or an interruption ended it."""

    stage: str
    seconds: float
    completed: bool


@dataclass(frozen=True, kw_only=True)
class Noted(Event):
    """Something the user should know."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Leaders(Event):
    """The best candidates so far, best first."""

    rows: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, kw_only=True)
class TimeLeft(Event):
    """The time that a whole job will still take, all its stages together."""

    seconds: float


Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A listener that ignores all events."""


class StageProgress:
    """A running stage.

    Attributes:
        seconds: Duration of the stage, once it has ended.
    """

    def __init__(self, listen: Listener, name: str, total: int | None) -> None:
        self._listen = listen
        self._name = name
        self._total = total
        self._start = time.monotonic()
        self.seconds = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the stage began."""
        return time.monotonic() - self._start

    def advance(self, done: int, **metrics: float) -> None:
        """Emit the number of finished steps, with current metrics."""
        self._listen(Advanced(stage=self._name, done=done, total=self._total, metrics=metrics))


@contextmanager
def stage(
    listen: Listener, name: str, total: int | None = None, *, steps: str = ""
) -> Iterator[StageProgress]:
    """Announce the start and the end of a stage, and time it."""
    current = StageProgress(listen, name, total)
    listen(StageStarted(stage=name, total=total, steps=steps))
    completed = False
    try:
        yield current
        completed = True
    finally:
        current.seconds = current.elapsed
        listen(StageFinished(stage=name, seconds=current.seconds, completed=completed))
