from __future__ import annotations

from typing import Any, cast

from nas.study.record.trained import (
    Training,
    accuracies_by_length,
    longest_trainings,
    training_key,
)


class Record:
    """Notes as a record keeps them."""

    def __init__(self, **notes: Any) -> None:
        self._notes = {key.replace("_", "-"): value for key, value in notes.items()}

    def notes(self, kind: str) -> dict[str, Any]:
        found = self._notes.items()
        return {key.removeprefix(kind): value for key, value in found if key.startswith(kind)}


def record(**notes: Any) -> Any:
    return cast("Any", Record(**notes))


def test_the_longest_training_counts_and_of_equally_long_ones_the_best() -> None:
    notes: dict[str, Any] = {
        "finalist_0a_3_predicted": 0.9,
        "finalist_0a_27_predicted": 0.8,
        "finalist_0a_27_default": 0.7,
        "finalist_0b_3_default": 1,
    }
    found = longest_trainings(record(**notes))
    assert found["0a"] == Training(hash="0a", epochs=27, start="predicted", val_accuracy=0.8)
    assert found["0b"].val_accuracy == 1.0
    final = {"test_accuracy": 0.6, "val_accuracy": 0.65}
    tested = longest_trainings(record(**notes, final_0a_27_default=final))["0a"]
    assert (tested.is_final, tested.test_accuracy, tested.val_accuracy) == (True, 0.6, 0.65)


def test_trainings_that_diverged_and_other_notes_are_passed_over() -> None:
    found = record(finalist_0a_3_default={"diverged": "nan"}, exported="final-0a-3-default")
    assert longest_trainings(found) == {}
    assert accuracies_by_length(found) == {}


def test_accuracies_by_length_are_from_the_best_start() -> None:
    found = record(
        finalist_0a_3_default=0.5, finalist_0a_3_predicted=0.4, finalist_0a_9_default=0.6
    )
    assert accuracies_by_length(found) == {"0a": {3: 0.5, 9: 0.6}}


def test_the_key_of_a_training() -> None:
    assert training_key("finalist", "0a", 3, "default") == "finalist-0a-3-default"
