from __future__ import annotations

import pytest

from nas.study.record.recorded_run import run_of
from nas.study.selection.importance import FEWEST, importances
from tests.nas.study.study_toys import toy_search, toy_space


def test_a_choice_that_decides_counts_for_more_than_one_that_changes_nothing():
    """The toy score grows with the depth; labels change nothing."""
    space = toy_space(labels=("a", "b", "c"))
    found = importances(run_of(toy_search(space=space, n_trials=80, finalists=0, max_epochs=0)))

    assert found is not None
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sum(found.values()) == pytest.approx(1)
    assert found["label"] < found["depth"]


def test_few_trials_say_nothing(searched):
    assert searched.trials.complete < FEWEST
    assert importances(run_of(searched)) is None
