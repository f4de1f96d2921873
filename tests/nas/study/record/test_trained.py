from __future__ import annotations

from nas.study.record.trained import Training, longest_trainings


def test_the_longest_training_counts_and_of_equally_long_ones_the_best() -> None:
    notes = {
        "finalist-0a-3-predicted": 0.9,
        "finalist-0a-27-default": 0.7,
        "finalist-0a-27-predicted": 0.8,
        "final-0a-30-default": {"test_accuracy": 0.6, "val_accuracy": 0.65},
        "finalist-0b-3-default": 1,
    }
    assert longest_trainings(notes) == {
        "0a": Training(30, 0.65, "default"),
        "0b": Training(3, 1.0, "default"),
    }
    del notes["final-0a-30-default"]
    assert longest_trainings(notes)["0a"] == Training(27, 0.8, "predicted")


def test_trainings_that_diverged_and_other_notes_are_passed_over() -> None:
    notes = {
        "finalist-0a-3-default": {"diverged": "the loss is nan"},
        "exported": "final-0a-3-default",
        "seconds": {"train": 3.0},
        "finalist-0a": 0.5,
        "identity": {"seed": 0},
    }
    assert longest_trainings(notes) == {}
