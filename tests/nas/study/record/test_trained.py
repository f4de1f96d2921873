from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.study.record.trained import (
    Training,
    finished_trainings,
    longest_trainings,
    training_key,
    trainings_by_length,
)
from tests.nas.study.finalists.fakes import new_record

if TYPE_CHECKING:
    from nas.study.record.study_record import StudyRecord


@pytest.fixture
def record() -> StudyRecord:
    """Two networks: one trained for 1, 3 and 9 epochs, the other for 1, where it failed later."""
    record = new_record()
    for key, value in [
        (training_key("finalist", "a", 1, "default"), 0.2),
        (training_key("finalist", "a", 1, "predicted"), 0.3),
        (training_key("finalist", "a", 9, "default"), 0.7),
        (training_key("final", "a", 9, "default"), {"val_accuracy": 0.6, "test_accuracy": 0.5}),
        (training_key("finalist", "a", 3, "default"), 0.9),
        (training_key("finalist", "b", 1, "default"), 0.4),
        (training_key("finalist", "b", 3, "default"), {"diverged": "the loss is nan"}),
        (training_key("final", "b", 9, "default"), {"diverged": "the loss is nan"}),
    ]:
        record.write(key, value)
    return record


def test_finished_trainings_are_those_that_did_not_fail(record: StudyRecord) -> None:
    rungs = finished_trainings(record, "finalist")
    assert [(one.hash, one.epochs, one.start, one.val_accuracy) for one in rungs] == [
        ("a", 1, "default", 0.2),
        ("a", 1, "predicted", 0.3),
        ("a", 9, "default", 0.7),
        ("a", 3, "default", 0.9),
        ("b", 1, "default", 0.4),
    ]
    assert not any(one.is_final for one in rungs)
    assert finished_trainings(record, "final") == [
        Training(hash="a", epochs=9, start="default", val_accuracy=0.6, test_accuracy=0.5)
    ]


def test_each_architecture_shows_its_longest_training_the_final_one_first(
    record: StudyRecord,
) -> None:
    longest = longest_trainings(record)
    assert {hash_: (one.epochs, one.val_accuracy) for hash_, one in longest.items()} == {
        "a": (9, 0.6),
        "b": (1, 0.4),
    }
    assert longest["a"].is_final


def test_of_equally_long_trainings_the_best_counts(record: StudyRecord) -> None:
    accuracies = {
        hash_: {epochs: one.val_accuracy for epochs, one in lengths.items()}
        for hash_, lengths in trainings_by_length(record).items()
    }
    assert accuracies == {"a": {1: 0.3, 3: 0.9, 9: 0.7}, "b": {1: 0.4}}


def test_a_training_on_several_splits_is_their_mean() -> None:
    record = new_record()
    for split, accuracy in enumerate((0.3, 0.6, 0.9)):
        record.write(training_key("finalist", "a", 1, "default", split), accuracy)
    record.write(training_key("finalist", "b", 1, "default"), 0.4)
    record.write(training_key("finalist", "b", 1, "default", 1), {"diverged": "nan"})
    (one,) = finished_trainings(record, "finalist")
    assert (one.hash, one.start, one.splits) == ("a", "default", 3)
    assert one.val_accuracy == pytest.approx(0.6)


def test_the_first_split_has_the_key_of_earlier_versions() -> None:
    assert training_key("finalist", "a", 1, "default", 0) == "finalist-a-1-default"


def test_the_name_of_a_start_may_have_a_hyphen() -> None:
    record = new_record()
    record.write(training_key("finalist", "a", 3, "predicted-head"), 0.5)
    (found,) = finished_trainings(record, "finalist")
    assert (found.hash, found.epochs, found.start) == ("a", 3, "predicted-head")
