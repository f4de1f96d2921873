from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.errors import TrainingError
from nas.events import Event, Listener, ignore
from nas.study.finalists.final_round import FinalRound
from nas.study.finalists.start_policy import StartPolicy
from nas.study.finalists.successive_halving import SuccessiveHalving
from nas.study.goals.objectives import parse_objectives
from nas.training.starts.default import DEFAULT
from nas.training.starts.predicted import PREDICTED
from tests.nas.study.finalists.fakes import (
    FakeTrainer,
    contender,
    contenders,
    new_record,
    notes,
    trainings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.study.finalists.contender import Contender
    from nas.study.record.study_record import StudyRecord

USUAL = StartPolicy(DEFAULT)
BOTH = StartPolicy(DEFAULT, (PREDICTED,))
RIVAL = contender(5)
FOUND = contenders(4, 3)


def final_trainings(
    trainer: FakeTrainer,
    leaders: Sequence[Contender],
    reserve: Sequence[Contender] = (),
    *,
    record: StudyRecord | None = None,
    starts: StartPolicy = USUAL,
    most: int = 9,
    spent: int = 0,
    listen: Listener = ignore,
) -> list[tuple[str, str]]:
    """Name and start of all final trainings of ten epochs."""
    kept = trainings(trainer, record or new_record())
    halving = SuccessiveHalving(kept, parse_objectives(["score"]), starts.usual, listen)
    final = FinalRound(
        kept,
        halving,
        starts,
        may_compare=most > 1,
        may_train=lambda trained: trained < most,
        listen=listen,
    )
    trained = final.run(leaders, reserve, {RIVAL.hash}, 10, spent)
    return [(one.contender.name, one.start) for one in trained]


@pytest.mark.parametrize(
    ("leaders", "expected"),
    [
        ([*FOUND, RIVAL], ["#0", "width 5"]),
        ([RIVAL, *FOUND], ["width 5", "#0"]),
        ([FOUND[0], RIVAL, FOUND[1]], ["#0", "width 5"]),
        (FOUND, ["#0"]),
        ([RIVAL], ["width 5"]),
    ],
)
def test_the_best_finalist_and_the_best_rival_are_trained_to_the_end(
    leaders: list[Contender], expected: list[str]
) -> None:
    trained = final_trainings(FakeTrainer(), leaders)
    assert [name for name, _ in trained] == expected


def test_a_training_of_a_rival_is_announced_once() -> None:
    heard: list[Event] = []
    record = new_record()
    for _ in range(2):
        final_trainings(FakeTrainer(), [*FOUND, RIVAL], record=record, listen=heard.append)
    assert notes(heard) == ["width 5 is trained to the end too, to be compared with #0."]


def test_where_no_further_training_is_allowed_one_remains() -> None:
    heard: list[Event] = []
    leaders = [*FOUND, RIVAL]
    trained = final_trainings(
        FakeTrainer(), leaders, starts=BOTH, most=1, spent=99, listen=heard.append
    )
    assert trained == [("#0", DEFAULT)]
    assert notes(heard) == []


def test_known_trainings_belong_to_the_round_even_where_none_is_allowed() -> None:
    record, trainer = new_record(), FakeTrainer()
    first, again = (
        final_trainings(trainer, [*FOUND, RIVAL], record=record, starts=BOTH, spent=50, most=most)
        for most in (9, 1)
    )
    assert first == again == [("#0", DEFAULT), ("width 5", DEFAULT), ("#0", PREDICTED)]
    assert len(trainer.calls) == 3


@pytest.mark.parametrize(("spent", "further"), [(49, []), (50, [("#0", PREDICTED)])])
def test_a_further_start_is_tried_where_it_adds_a_fifth_at_most(
    spent: int, further: list[tuple[str, str]]
) -> None:
    trained = final_trainings(FakeTrainer(), FOUND, starts=BOTH, spent=spent)
    assert trained == [("#0", DEFAULT), *further]


def test_where_the_best_fails_the_next_takes_its_place_and_meets_the_other_group() -> None:
    """A finalist that has failed is no more the best of its group."""
    trainer = FakeTrainer(diverges=4)
    trained = final_trainings(trainer, [FOUND[0], RIVAL, FOUND[1]])
    assert [name for name, _ in trained] == ["width 5", "#1"]
    assert trainer.trained == {4: 1, 5: 1, 3: 1}


def test_where_a_rival_fails_the_best_remains_and_the_failure_is_said() -> None:
    heard: list[Event] = []
    trained = final_trainings(FakeTrainer(diverges=5), [*FOUND, RIVAL], listen=heard.append)
    assert trained == [("#0", DEFAULT)]
    assert notes(heard)[-1] == "The final training of width 5 failed: the loss is nan in epoch 1."


def test_where_all_leaders_fail_the_reserve_is_trained() -> None:
    trained = final_trainings(FakeTrainer(diverges=4), FOUND[:1], FOUND[1:])
    assert trained == [("#1", DEFAULT)]
    with pytest.raises(TrainingError, match="No other finalist is left"):
        final_trainings(FakeTrainer(diverges=4), FOUND[:1])
