"""Times of things that are to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CLOCKS = {"wall": perf_counter, "cpu": process_time}
"""Wall time, or that of the processor: the sum over threads, whoever else uses the machine."""


@dataclass(frozen=True)
class Times:
    """Seconds of one run: the median of several, the least and the most."""

    median: float
    least: float
    most: float


def times(taken: Sequence[float]) -> Times:
    """What a number of measurements amount to."""
    return Times(median(taken), min(taken), max(taken))


@dataclass(frozen=True)
class Clock:
    """How time is measured, and how often.

    Attributes:
        repeats: Number of measurements of each thing, after a warm-up.
        kind: One of ``CLOCKS``.
    """

    repeats: int
    kind: str = "wall"

    def now(self) -> float:
        """Seconds since some moment."""
        return CLOCKS[self.kind]()

    def compare(self, runs: Mapping[str, Callable[[], object]]) -> dict[str, Times]:
        """Time several things in turn, so that what disturbs one of them disturbs all alike."""
        for run in runs.values():
            run()
        taken: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(self.repeats):
            for name, run in runs.items():
                start = self.now()
                run()
                taken[name].append(self.now() - start)
        return {name: times(seconds) for name, seconds in taken.items()}
