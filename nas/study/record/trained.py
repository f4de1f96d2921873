"""Results of trainings, read from the record of a study."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from nas.study.record.study_record import StudyRecord

Kind = Literal["finalist", "final"]

_SPLIT = "@"
"""Separates the number of the split in a key."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """One finished training.

    Attributes:
        hash: Canonical hash of the architecture.
        epochs: Length of the training.
        start: Origin of the initial weights.
        val_accuracy: Accuracy on the ranking split; the mean over several splits.
        splits: Number of splits.
        test_accuracy: Accuracy on the test split after a final training; else None.
    """

    hash: str
    epochs: int
    start: str
    val_accuracy: float
    splits: int = 1
    test_accuracy: float | None = None

    @property
    def is_final(self) -> bool:
        """Whether this is a final training: these are tested."""
        return self.test_accuracy is not None


def training_key(kind: Kind, hash_: str, epochs: int, start: str, split: int = 0) -> str:
    """The name under which the result of a training is recorded.

    Args:
        kind: ``finalist`` for the accuracy that ranks, ``final`` for those of a final training.
        hash_: Canonical hash of the architecture.
        epochs: Length of the training.
        start: Origin of the initial weights.
        split: 0 for the given split; otherwise the seed of a new train and ranking split.
    """
    return f"{kind}-{hash_}-{epochs}-{start}" + (f"{_SPLIT}{split}" if split else "")


def has_failed(result: Any) -> bool:
    """Whether a recorded result is that of a failed training."""
    return isinstance(result, dict) and "diverged" in result


def finished_trainings(record: StudyRecord, kind: Kind) -> list[Training]:
    """The trainings of a kind that failed on no split, in the order of the record."""
    results: dict[str, list[Any]] = {}
    for key, value in record.notes(f"{kind}-").items():
        results.setdefault(key.partition(_SPLIT)[0], []).append(value)
    found: list[Training] = []
    for key, values in results.items():
        if any(map(has_failed, values)):
            continue
        hash_, epochs, start = key.split("-", 2)
        found.append(
            Training(
                hash=hash_,
                epochs=int(epochs),
                start=start,
                splits=len(values),
                **_mean_accuracies(values),
            )
        )
    return found


def longest_trainings(record: StudyRecord) -> dict[str, Training]:
    """The longest training of each architecture by hash.

    Among equally long ones a final training comes first, then the best one.
    """
    every = (*finished_trainings(record, "finalist"), *finished_trainings(record, "final"))
    order = sorted(every, key=lambda one: (one.epochs, one.is_final, one.val_accuracy))
    return {training.hash: training for training in order}


def trainings_by_length(record: StudyRecord) -> dict[str, dict[int, Training]]:
    """The training of each architecture by hash and length, with the best start."""
    found: dict[str, dict[int, Training]] = {}
    order = sorted(finished_trainings(record, "finalist"), key=lambda one: one.val_accuracy)
    for training in order:
        found.setdefault(training.hash, {})[training.epochs] = training
    return found


def _mean_accuracies(results: list[Any]) -> dict[str, float]:
    """The accuracies of a training, each the mean over its splits."""
    if not isinstance(results[0], dict):
        return {"val_accuracy": fmean(map(float, results))}
    names = ("val_accuracy", "test_accuracy")
    return {name: fmean(float(result[name]) for result in results) for name in names}
