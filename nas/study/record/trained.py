"""Trainings on record, by the architecture that was trained."""

from __future__ import annotations

import re
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = re.compile(r"(?:finalist|final)-(?P<hash>[0-9a-f]+)-(?P<epochs>\d+)-(?P<init>[\w-]+)")
"""The note of one training, see :mod:`nas.study.successive_halving`."""


@dataclass(frozen=True, order=True)
class Training:
    """How a training ended; of two, the longer one is greater, then the more accurate.

    Attributes:
        epochs: Its length.
        val_accuracy: Accuracy on the ranking split.
        init: The weights it started from.
    """

    epochs: int
    val_accuracy: float
    init: str


def longest_trainings(notes: Mapping[str, Any]) -> dict[str, Training]:
    """The longest training of each architecture that was trained, by its hash.

    Args:
        notes: The notes of a record, by key; those of other things, and of trainings that
            diverged, are passed over.

    Example:
        >>> longest_trainings({"finalist-0a-3-default": 0.5, "finalist-0a-9-default": 0.75})
        {'0a': Training(epochs=9, val_accuracy=0.75, init='default')}
    """
    found: dict[str, Training] = {}
    for key, note in notes.items():
        match = _KEY.fullmatch(key)
        accuracy = note.get("val_accuracy") if isinstance(note, dict) else note
        if match is None or not isinstance(accuracy, Real):
            continue
        training = Training(int(match["epochs"]), float(accuracy), match["init"])
        found[match["hash"]] = max(training, found.get(match["hash"], training))
    return found
