"""Which recorded steps read each value."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.importers.step import Step, Value


class Readers:
    """The steps that read each value, and how often it is read."""

    def __init__(self) -> None:
        self.count: Counter[Value] = Counter()
        self.steps: dict[Value, list[Step]] = {}
        self._results: dict[Step, list[Value]] = {}

    def add(self, step: Step) -> None:
        """Record the values that a step reads."""
        for value in step.reads:
            self.count[value] += 1
            self.steps.setdefault(value, []).append(step)
            self.wanted(value)

    def wanted(self, value: Value) -> None:
        """Record that a value is read."""
        if value.step is not None:
            results = self._results.setdefault(value.step, [])
            if value not in results:
                results.append(value)

    def results(self, step: Step) -> list[Value]:
        """The results of a step that something reads."""
        return self._results[step]


def readers_of(live: Sequence[Step], outputs: Sequence[Value]) -> Readers:
    """The readers of all values that steps and outputs read."""
    readers = Readers()
    for step in live:
        readers.add(step)
    for value in outputs:
        readers.wanted(value)
    return readers
