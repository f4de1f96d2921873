"""The failed candidates of a search, by reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nas.space.constrained_sampling import is_hopeless
from nas.study.record.trial_reading import hash_of, reason_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_SECONDS_ALLOWED = 300.0
"""Seconds that unbuildable candidates may take in total while most candidates fail."""
_ANNOUNCED_FIRST, _ANNOUNCED_EACH = 5, 4
_LONGEST = 200


class Failures:
    """Counts failed candidates by reason.

    Attributes:
        count: Number of failed candidates.
    """

    def __init__(self) -> None:
        self.count = 0
        self._seconds = 0.0
        self._reasons: dict[str, tuple[int, str]] = {}
        self._due = _ANNOUNCED_FIRST

    def add(self, trial: FrozenTrial) -> None:
        """Count the trial of a distinct failed candidate."""
        self.count += 1
        if hash_of(trial) is None and trial.duration is not None:
            self._seconds += trial.duration.total_seconds()
        reason = reason_of(trial)
        kind = re.sub(r"\d+", "", reason)  # the same error may name other sizes
        count, example = self._reasons.get(kind, (0, reason))
        self._reasons[kind] = (count + 1, example)

    def are_too_many(self, tried: int) -> bool:
        """Whether failures are frequent enough to stop the search.

        Args:
            tried: Number of distinct candidates, failed ones included.
        """
        mostly = 2 * self.count > tried
        return is_hopeless(self.count, tried) or (mostly and self._seconds > _SECONDS_ALLOWED)

    def most_frequent(self) -> str:
        """``18 of 20 for this reason: ...``."""
        count, example = max(self._reasons.values(), key=lambda entry: entry[0])
        line = " ".join(example.split())
        shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
        return f"{count} of {self.count} for this reason: {shown}"

    def announcement(self, tried: int) -> str:
        """A message about the failures if one is due; empty otherwise."""
        if self.count < self._due:
            return ""
        while self._due <= self.count:
            self._due *= _ANNOUNCED_EACH
        return f"{self.count} of {tried} candidates failed so far, {self.most_frequent()}"
