"""How long a whole search will still take."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

from nas.events import Advanced, StageFinished, StageStarted, TimeLeft

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from nas.events import Event, Listener


class Timeline:
    """A listener that adds the time left of the whole search to the events of its stages.

    It starts from the expected duration of each stage. The pace of a running stage replaces its
    expectation, and scales those of later trainings. A stage may run several times.

    Args:
        listen: Receives all events, and one with the time left after each of them.
        expected: Seconds of all runs of each stage, in order; None where only its pace will show.
        limited: Stages that end when their time is over, however far they have come.
        runs: Number of runs of the stages that run more than once.
    """

    def __init__(
        self,
        listen: Listener,
        expected: Mapping[str, float | None],
        limited: Collection[str] = (),
        runs: Mapping[str, int] | None = None,
    ) -> None:
        self._listen = listen
        self._left = dict(expected)
        self._expected = dict(expected)
        self._limited = frozenset(limited)
        self._runs = dict(runs or {})
        self._began: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        self._listen(event)
        match event:
            case StageStarted(stage=stage) if stage in self._left:
                self._start(stage)
            case Advanced(stage=stage, done=done, total=total) if stage in self._began:
                self._advance(stage, done, total)
            case StageFinished(stage=stage, seconds=seconds) if stage in self._left:
                self._finish(stage, seconds)
            case _:
                return
        known = [left for left in self._left.values() if left is not None]
        if len(known) == len(self._left):
            self._listen(TimeLeft(seconds=sum(known)))

    def _start(self, stage: str) -> None:
        """Begin a stage; those before it are over, also where an earlier call has done them."""
        self._began[stage] = time.monotonic()
        self._runs[stage] = max(0, self._runs.get(stage, 1) - 1)
        for before in itertools.takewhile(lambda name: name != stage, self._left):
            self._left[before] = 0.0
            self._began.setdefault(before, self._began[stage])

    def _advance(self, stage: str, done: int, total: int | None) -> None:
        elapsed, expected = time.monotonic() - self._began[stage], self._expected[stage]
        if stage in self._limited and expected is not None:
            self._left[stage] = max(0.0, expected - elapsed)
        elif done and total:
            self._left[stage] = elapsed / done * (total - done + total * self._runs[stage])

    def _finish(self, stage: str, seconds: float) -> None:
        further, expected = self._runs.get(stage, 0), self._expected[stage]
        self._left[stage] = seconds * further
        if stage in self._limited or not expected:
            return
        for later in self._left.keys() - self._began.keys() - self._limited:
            self._left[later] = seconds * (1 + further) / expected * (self._expected[later] or 0.0)
