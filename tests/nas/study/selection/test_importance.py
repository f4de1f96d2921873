from __future__ import annotations

import pytest

from nas.study.record.recorded_run import run_of
from nas.study.selection.importance import FEWEST, importances
from tests.nas.study.study_toys import toy_search


def test_the_choice_that_decides_is_the_most_important():
    """The toy score grows with the depth, and labels change nothing."""
    found = importances(run_of(toy_search(n_trials=80, finalists=0, max_epochs=0)))

    assert found is not None
    assert next(iter(found)) == "depth"
    assert sum(found.values()) == pytest.approx(1)
    assert found["label"] == 0


def test_few_trials_say_nothing(searched):
    assert searched.trials.complete < FEWEST
    assert importances(run_of(searched)) is None
