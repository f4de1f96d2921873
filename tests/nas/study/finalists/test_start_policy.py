from __future__ import annotations

from nas.study.finalists.start_policy import StartPolicy, start_policy
from nas.study.record.trained import training_key
from nas.training.starts.default import DEFAULT
from nas.training.starts.predicted import PREDICTED
from tests.nas.study.finalists.fakes import new_record

SUITED = (DEFAULT, PREDICTED)


def test_a_start_that_is_asked_for_is_the_only_one() -> None:
    for start in SUITED:
        assert start_policy(start, SUITED, new_record()) == StartPolicy(start)


def test_by_default_the_usual_start_serves_and_others_are_compared() -> None:
    assert start_policy("auto", SUITED, new_record()) == StartPolicy(DEFAULT, (PREDICTED,))
    assert start_policy("auto", (DEFAULT,), new_record()) == StartPolicy(DEFAULT)


def test_a_search_keeps_its_starts() -> None:
    record = new_record()
    start_policy("auto", SUITED, record)
    record.write(training_key("finalist", "a", 3, PREDICTED), 0.5)
    assert start_policy("auto", (DEFAULT,), record) == StartPolicy(DEFAULT, (PREDICTED,))


def test_a_record_of_a_former_version_keeps_the_start_of_most_of_its_trainings() -> None:
    record = new_record()
    for hash_, start in [("a", DEFAULT), ("a", PREDICTED), ("b", PREDICTED)]:
        record.write(training_key("finalist", hash_, 3, start), 0.5)
    for _ in range(2):
        assert start_policy("auto", SUITED, record) == StartPolicy(PREDICTED)
