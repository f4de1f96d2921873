from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.study.finalists.standings import Standings
from nas.study.goals.constraints import parse_constraints
from nas.study.record.trained import training_key
from tests.nas.study.finalists.fakes import DATA, SPACE, contender, new_record, of_width

if TYPE_CHECKING:
    from nas.study.record.study_record import StudyRecord

BASELINES = {"narrow": of_width(20), "wide": of_width(90)}
NARROW, WIDE, STRANGE = contender(20), contender(90), contender(50)


@pytest.fixture
def record() -> StudyRecord:
    return new_record()


@pytest.fixture
def standings(record: StudyRecord) -> Standings:
    return Standings(SPACE, record, BASELINES, parse_constraints(["params<=900"]), DATA)


def final(record: StudyRecord, hash_: str, accuracy: float, epochs: int = 30) -> None:
    figures = {"val_accuracy": accuracy, "test_accuracy": 0.5}
    record.write(training_key("final", hash_, epochs, "default"), figures)


def brief(record: StudyRecord, hash_: str, accuracy: float, epochs: int) -> None:
    record.write(training_key("finalist", hash_, epochs, "default"), accuracy)


def test_who_misses_a_constraint_may_not_win(standings: Standings) -> None:
    assert standings.may_win(NARROW)
    assert not standings.may_win(WIDE)


def test_the_best_final_training_of_those_that_may_win(
    record: StudyRecord, standings: Standings
) -> None:
    """Whether it was the longest does not matter, nor what no longer belongs to the search."""
    final(record, NARROW.hash, 0.6, epochs=30)
    final(record, NARROW.hash, 0.5, epochs=60)
    final(record, WIDE.hash, 0.9)
    final(record, STRANGE.hash, 0.95)
    winner = standings.winner()
    assert (winner.contender.name, winner.val_accuracy, winner.epochs) == ("narrow", 0.6, 30)


def test_a_lead_is_that_of_the_longest_training_of_both(
    record: StudyRecord, standings: Standings
) -> None:
    for epochs, mine, other in [(1, 0.2, 0.7), (3, 0.8, 0.7)]:
        brief(record, NARROW.hash, mine, epochs)
        brief(record, WIDE.hash, other, epochs)
    brief(record, NARROW.hash, 0.1, 9)
    lead = standings.lead(NARROW, WIDE)
    assert lead is not None
    assert lead.epochs == 3
    assert lead.difference == pytest.approx(0.1)
    assert standings.lead(NARROW, NARROW) is None
    assert standings.lead(NARROW, STRANGE) is None
