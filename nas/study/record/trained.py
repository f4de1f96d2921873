"""What trainings have come to, read from the record of a study."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from nas.study.record.study_record import StudyRecord

Kind = Literal["finalist", "final"]


@dataclass(frozen=True, kw_only=True)
class Training:
    """One finished training.

    Attributes:
        hash: Canonical hash of the architecture.
        epochs: Its length.
        start: Where its weights came from.
        val_accuracy: On the ranking split.
        test_accuracy: On the test split, of a final training; else None.
    """

    hash: str
    epochs: int
    start: str
    val_accuracy: float
    test_accuracy: float | None = None

    @property
    def is_final(self) -> bool:
        """Whether it was tested."""
        return self.test_accuracy is not None


def training_key(kind: Kind, hash_: str, epochs: int, start: str) -> str:
    """The name under which the result of a training is recorded.

    Args:
        kind: ``finalist`` for the accuracy that ranks, ``final`` for those of a final training.
        hash_: Canonical hash of the architecture.
        epochs: Its length.
        start: Where its weights came from.
    """
    return f"{kind}-{hash_}-{epochs}-{start}"


def finished_trainings(record: StudyRecord, kind: Kind) -> list[Training]:
    """The trainings of a kind that did not fail, in the order of the record."""
    found: list[Training] = []
    for key, value in record.notes(f"{kind}-").items():
        hash_, epochs, start = key.rsplit("-", 2)
        accuracies = _accuracies(value)
        if accuracies is not None:
            found.append(Training(hash=hash_, epochs=int(epochs), start=start, **accuracies))
    return found


def longest_trainings(record: StudyRecord) -> dict[str, Training]:
    """The longest training of each architecture by hash; of equally long ones the best.

    A final training goes before one of a rung.
    """
    every = (*finished_trainings(record, "finalist"), *finished_trainings(record, "final"))
    order = sorted(every, key=lambda one: (one.epochs, one.is_final, one.val_accuracy))
    return {training.hash: training for training in order}


def accuracies_by_length(record: StudyRecord) -> dict[str, dict[int, float]]:
    """Ranking accuracies of each architecture by hash and length, from the best start."""
    found: dict[str, dict[int, float]] = {}
    for training in finished_trainings(record, "finalist"):
        lengths = found.setdefault(training.hash, {})
        best = max(training.val_accuracy, lengths.get(training.epochs, -math.inf))
        lengths[training.epochs] = best
    return found


def _accuracies(value: Any) -> dict[str, Any] | None:
    """The accuracies of a recorded result; None for a training that failed."""
    if not isinstance(value, dict):
        return {"val_accuracy": float(value)}
    if "diverged" in value:
        return None
    return {name: float(value[name]) for name in ("val_accuracy", "test_accuracy")}
