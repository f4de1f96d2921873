"""Time limits for user code."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_TICK = 0.25
"""Seconds between two checks of the limits; shorter code is never interrupted."""

_SHARE, _LEAST = 0.5, 3.0
"""An inner limit gets this share of the time that the outer one has left, or this many seconds
if that is more. So the code after a block that does not end has time left."""


class TimeIsOver(Exception):
    """A block was ended because it took too long.

    Attributes:
        seconds: The time limit.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(f"it took longer than {seconds:.3g} s")
        self.seconds = seconds


class Alarm(BaseException):
    """Ends the block; not an ``Exception``, which the block might handle."""


@dataclass(eq=False)
class _Limit:
    left: float


@dataclass
class _Clock:
    """Ticks while there are limits, and raises in the running code when one is reached.

    It counts ticks instead of reading the time, so that a stopped process uses up no limit.
    """

    limits: list[_Limit] = field(default_factory=list)
    former: tuple[object, float, float, float] = (None, 0.0, 0.0, 0.0)

    def within(self, seconds: float) -> float:
        """A limit of that length, or a shorter one if an outer limit leaves less time."""
        left = min((limit.left for limit in self.limits), default=float("inf"))
        return min(seconds, max(_SHARE * left, _LEAST))

    def start(self, limit: _Limit) -> None:
        self.limits.append(limit)
        if len(self.limits) == 1:
            handler = signal.signal(signal.SIGALRM, self.tick)
            left, interval = signal.setitimer(signal.ITIMER_REAL, _TICK, _TICK)
            self.former = (handler, left, interval, time.monotonic())

    def stop(self, limit: _Limit) -> None:
        limit.left = float("inf")
        del self.limits[self.limits.index(limit) :]
        if not self.limits:
            handler, left, interval, began = self.former
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)  # type: ignore[arg-type]
            if left:
                passed = time.monotonic() - began
                signal.setitimer(signal.ITIMER_REAL, max(left - passed, 1e-3), interval)

    def tick(self, number: int, frame: FrameType | None) -> None:
        for limit in self.limits:
            limit.left -= _TICK
        if any(limit.left <= 0 for limit in self.limits):
            raise Alarm


_CLOCK = _Clock()


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """End a block that runs longer than a number of seconds; None sets no limit.

    The alarm of the operating system ends it, so there is no limit on Windows and outside of the
    main thread. Python code and waiting end at once, a call of compiled code when it returns.
    Limits may be nested, and each ends its own block. An inner limit is shortened so that the code
    after it has time left in the outer one.

    Raises:
        TimeIsOver: The block was ended.
    """
    if (
        seconds is None
        or not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return
    seconds = _CLOCK.within(seconds)
    limit = _Limit(max(seconds, _TICK))
    reached = False
    try:
        try:
            _CLOCK.start(limit)
            yield
        except Alarm:
            reached = limit.left <= 0
            raise
        finally:
            _CLOCK.stop(limit)
    except Alarm:
        if not reached:
            raise
        raise TimeIsOver(seconds) from None
