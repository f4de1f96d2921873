from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from optuna.trial import TrialState, create_trial

from nas.study.failures import Failures

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def failed(reason: str, seconds: float = 0.0) -> FrozenTrial:
    trial = create_trial(state=TrialState.FAIL, user_attrs={"reason": reason})
    trial.datetime_start = datetime(2026, 1, 1)
    trial.datetime_complete = trial.datetime_start + timedelta(seconds=seconds)
    return trial


def test_the_most_frequent_reason_whatever_its_numbers() -> None:
    failures = Failures()
    for reason in ("width 3 is odd", "no\n memory", "width 5 is odd"):
        failures.add(failed(reason))
    assert failures.most_frequent() == "2 of 3 for this reason: width 3 is odd"


def test_a_long_reason_is_cut() -> None:
    failures = Failures()
    failures.add(failed("x" * 1000))
    assert len(failures.most_frequent()) < 250


def test_they_are_announced_again_when_there_are_four_times_as_many() -> None:
    failures, announced = Failures(), []
    for count in range(1, 101):
        failures.add(failed("odd"))
        if failures.announcement(200):
            announced.append(count)
    assert announced == [5, 20, 80]


def test_many_that_are_the_greater_part_are_too_many() -> None:
    failures = Failures()
    for count in range(1, 21):
        failures.add(failed("odd"))
        assert failures.are_too_many(count) == (count == 20)
    assert failures.are_too_many(39)
    assert not failures.are_too_many(40)


def test_few_that_take_minutes_are_too_many() -> None:
    failures = Failures()
    for count in range(1, 7):
        failures.add(failed("endless", 60.0))
        assert failures.are_too_many(count) == (count == 6)
    assert not failures.are_too_many(12)
