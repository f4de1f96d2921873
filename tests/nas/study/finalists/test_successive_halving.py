from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nas.errors import TrainingError
from nas.events import Event, Listener, ignore
from nas.study.finalists.rungs import Rung
from nas.study.finalists.successive_halving import HalvingResult, SuccessiveHalving
from nas.study.goals.objectives import parse_objectives
from nas.training.starts.default import DEFAULT
from tests.nas.study.finalists.fakes import (
    FakeTrainer,
    contender,
    contenders,
    new_record,
    notes,
    reached,
    trainings,
    width_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nas.space.candidate import Candidate
    from nas.study.finalists.contender import Contender
    from nas.study.finalists.successive_halving import Select
    from nas.study.record.study_record import StudyRecord


@pytest.fixture
def record() -> StudyRecord:
    return new_record()


def in_order(candidates: Sequence[Contender]) -> Select:
    """Selects the first that was not trained, whatever the accuracies of the others."""
    return lambda tried: next((one for one in candidates if one.number not in tried), None)


def halving(
    trainer: FakeTrainer,
    record: StudyRecord,
    listen: Listener = ignore,
    objectives: Sequence[str] = ("score",),
    is_over: Callable[[int], bool] | None = None,
) -> SuccessiveHalving:
    wanted = parse_objectives(objectives)
    kept = trainings(trainer, record)
    return SuccessiveHalving(kept, wanted, DEFAULT, listen, is_over=is_over)


def late(changed: Mapping[tuple[int, int], float]) -> Callable[[Candidate, int, str], float]:
    """Accuracies by width, but for those of some widths and lengths of training."""
    return lambda one, epochs, start: changed.get((width_of(one), epochs), width_of(one) / 10)


def test_a_rung_is_ordered_by_accuracy_and_each_is_trained_once(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    for _ in range(2):
        halved = halving(trainer, record).run(in_order(contenders(3, 5, 4)), [Rung(3, 1)])
        assert reached(halved.first_rung) == [("#1", 0.5, 1), ("#2", 0.4, 1), ("#0", 0.3, 1)]
        assert halved.standing == halved.first_rung
    assert trainer.trained == {3: 1, 4: 1, 5: 1}
    halving(trainer, record).run(in_order(contenders(3)), [Rung(1, 2)])
    assert trainer.trained[3] == 2, "another number of epochs is another training"


def test_the_best_of_a_rung_enter_the_next_and_are_trained_anew(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    select = in_order(contenders(2, 7, 4, 6, 3, 5))
    halved = halving(trainer, record).run(select, [Rung(6, 1), Rung(3, 3), Rung(2, 9)])
    assert [reached(rung) for rung in halved.rungs[1:]] == [
        [("#1", 0.7, 3), ("#3", 0.6, 3), ("#5", 0.5, 3)],
        [("#1", 0.7, 9), ("#3", 0.6, 9)],
    ]
    assert reached(halved.standing) == [
        ("#1", 0.7, 9),
        ("#3", 0.6, 9),
        ("#5", 0.5, 3),
        ("#2", 0.4, 1),
        ("#4", 0.3, 1),
        ("#0", 0.2, 1),
    ]
    assert trainer.trained == {7: 3, 6: 3, 5: 2, 4: 1, 3: 1, 2: 1}


def test_the_accuracy_after_the_longer_training_decides(record: StudyRecord) -> None:
    trainer = FakeTrainer(late({(5, 3): 0.2}))
    select = in_order(contenders(5, 4, 3))
    halved = halving(trainer, record).run(select, [Rung(3, 1), Rung(2, 3)])
    assert reached(halved.standing) == [("#1", 0.4, 3), ("#0", 0.2, 3), ("#2", 0.3, 1)]
    accuracies = [
        {epochs: training.val_accuracy for epochs, training in halved.trainings(one).items()}
        for one in contenders(5, 4, 3)
    ]
    assert accuracies == [{1: 0.5, 3: 0.2}, {1: 0.4, 3: 0.4}, {1: 0.3}]


def test_with_several_objectives_the_first_fronts_enter_the_next_rung(record: StudyRecord) -> None:
    """An architecture that is both larger and worse than another one stays behind."""
    trainer = FakeTrainer(late({(5, 1): 0.25}))
    training = halving(trainer, record, objectives=("params:min", "score:max"))
    halved = training.run(in_order(contenders(3, 5, 4, 2)), [Rung(4, 1), Rung(3, 3)])
    assert reached(halved.first_rung) == [
        ("#2", 0.4, 1),
        ("#0", 0.3, 1),
        ("#3", 0.2, 1),
        ("#1", 0.25, 1),
    ]
    assert reached(halved.rungs[1]) == [("#2", 0.4, 3), ("#0", 0.3, 3), ("#3", 0.2, 3)]


def test_rivals_are_trained_first_and_besides_the_finalists(record: StudyRecord) -> None:
    """They enter the next rung as the finalists do, and the rung is as large as planned."""
    trainer = FakeTrainer()
    rivals = [contender(6), contender(3)]
    select = in_order(contenders(4, 5))
    halved = halving(trainer, record).run(select, [Rung(2, 1), Rung(1, 3)], rivals)
    assert [width for width, _, _ in trainer.calls] == [6, 3, 4, 5, 6]
    assert [reached(rung) for rung in halved.rungs] == [
        [("width 6", 0.6, 1), ("#1", 0.5, 1), ("#0", 0.4, 1), ("width 3", 0.3, 1)],
        [("width 6", 0.6, 3)],
    ]


def test_a_rival_that_is_a_trial_is_not_selected_again(record: StudyRecord) -> None:
    first, second, third = contenders(3, 4, 5)
    halved = halving(FakeTrainer(), record).run(
        in_order([first, second, third]), [Rung(2, 1)], [second]
    )
    assert {one.contender.name for one in halved.first_rung} == {"#0", "#1", "#2"}


def test_the_first_rung_is_selected_by_earlier_trainings(record: StudyRecord) -> None:
    """A selector learns of failures too; it may end the rung early, and cannot overfill it."""
    candidates = contenders(3, 4, 5, 2)
    given: list[dict[int, float | None]] = []

    def widest_after_a_failure(tried: Mapping[int, float | None]) -> Contender | None:
        given.append(dict(tried))
        if not tried:
            return candidates[1]
        return candidates[2] if None in tried.values() and 2 not in tried else None

    trainer = FakeTrainer(diverges=4)
    halved = halving(trainer, record).run(widest_after_a_failure, [Rung(4, 1)])
    assert reached(halved.first_rung) == [("#2", 0.5, 1)]
    assert given[-1] == {1: None, 2: 0.5}
    halved = halving(trainer, record).run(in_order(candidates), [Rung(2, 1)])
    assert reached(halved.first_rung) == [("#0", 0.3, 1)], (
        "on the first rung no other takes its place"
    )


def test_one_place_is_filled_by_the_next_where_the_first_fails(record: StudyRecord) -> None:
    trainer = FakeTrainer(diverges=4)
    halved = halving(trainer, record).run(in_order(contenders(4, 3, 2)), [Rung(1, 1)])
    assert reached(halved.first_rung) == [("#1", 0.3, 1)]


def test_without_a_rung_nothing_is_trained(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    halved = halving(trainer, record).run(in_order(contenders(3)), [])
    assert (halved.rungs, halved.standing, halved.first_rung) == ((), (), ())
    assert halving(trainer, record).run(in_order([]), [Rung(1, 1)]) == HalvingResult()
    assert not trainer.calls


def test_a_failure_is_left_out_noted_and_not_tried_again(record: StudyRecord) -> None:
    heard: list[Event] = []
    trainer = FakeTrainer(diverges=4)
    for _ in range(2):
        training = halving(trainer, record, heard.append)
        halved = training.run(in_order(contenders(3, 4)), [Rung(2, 1)])
        assert reached(halved.first_rung) == [("#0", 0.3, 1)]
    assert notes(heard) == 2 * ["#1 was left out of rung 1: the loss is nan in epoch 1."]
    assert trainer.trained == {3: 1, 4: 1}
    with pytest.raises(TrainingError, match="the loss is nan"):
        halving(trainer, record).run(in_order(contenders(4)), [Rung(1, 1)])


def test_where_a_training_on_a_higher_rung_fails_the_next_takes_its_place(
    record: StudyRecord,
) -> None:
    heard: list[Event] = []
    trainer = FakeTrainer(diverges=5, after=1)
    training = halving(trainer, record, heard.append)
    halved = training.run(in_order(contenders(3, 5, 4, 2)), [Rung(4, 1), Rung(2, 3)])
    assert reached(halved.rungs[1]) == [("#2", 0.4, 3), ("#0", 0.3, 3)]
    assert reached(halved.standing)[2:] == [("#1", 0.5, 1), ("#3", 0.2, 1)]
    assert notes(heard) == ["#1 was left out of rung 2: the loss is nan in epoch 2."]


@pytest.mark.parametrize("done", range(1, 7))
def test_an_interrupted_halving_trains_nothing_twice(record: StudyRecord, done: int) -> None:
    plan, widths = [Rung(4, 1), Rung(2, 3)], (3, 5, 4, 2)
    whole = halving(FakeTrainer(), new_record()).run(in_order(contenders(*widths)), plan)
    trainer = FakeTrainer(stops=done)
    with pytest.raises(KeyboardInterrupt):
        halving(trainer, record).run(in_order(contenders(*widths)), plan)
    halved = halving(trainer, record).run(in_order(contenders(*widths)), plan)
    assert [reached(rung) for rung in halved.rungs] == [reached(rung) for rung in whole.rungs]
    assert trainer.trained == {5: 2, 4: 2, 3: 1, 2: 1}


def test_more_finalists_and_longer_rungs_use_recorded_trainings(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    halving(trainer, record).run(in_order(contenders(3, 5, 4)), [Rung(3, 1), Rung(2, 3)])
    more = [Rung(4, 1), Rung(3, 3), Rung(2, 9)]
    halved = halving(trainer, record).run(in_order(contenders(3, 5, 4, 6)), more)
    assert reached(halved.standing)[0] == ("#3", 0.6, 9)
    assert trainer.trained == {3: 1, 4: 2, 5: 3, 6: 3}


def test_a_rung_whose_time_is_over_ends(record: StudyRecord) -> None:
    """Besides the rivals two are trained at least on the first rung. No other rung begins: one
    contender alone would be compared with none."""
    over = halving(FakeTrainer(), record, is_over=lambda rung: True)
    select, plan = in_order(contenders(3, 5, 4, 6)), [Rung(4, 1), Rung(2, 3)]
    halved = over.run(select, plan, [contender(7)])
    assert [reached(rung) for rung in halved.rungs] == [
        [("width 7", 0.7, 1), ("#1", 0.5, 1), ("#0", 0.3, 1)],
    ]


def test_what_is_known_is_part_of_a_rung_whose_time_is_over(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    select, plan = in_order(contenders(3, 5, 4, 6)), [Rung(4, 1), Rung(2, 3)]
    left = iter([False, False, False, True])
    first = halving(trainer, record, is_over=lambda rung: next(left, True)).run(select, plan)
    assert [len(rung) for rung in first.rungs] == [4, 1]
    again = halving(trainer, record, is_over=lambda rung: True).run(select, plan)
    assert [reached(rung) for rung in again.rungs] == [reached(rung) for rung in first.rungs]
    assert len(trainer.calls) == 5


def test_the_shares_of_a_short_first_rung_are_those_of_the_plan(record: StudyRecord) -> None:
    """Of five in place of nine, a third enters the next rung."""
    plan = [Rung(9, 1), Rung(3, 3)]
    halved = halving(FakeTrainer(), record).run(in_order(contenders(3, 5, 4, 2, 6)), plan)
    assert [len(rung) for rung in halved.rungs] == [5, 2]


def test_one_alone_enters_no_further_rung(record: StudyRecord) -> None:
    """The final training follows, which decides about it as well."""
    halved = halving(FakeTrainer(), record).run(
        in_order(contenders(3, 5, 4)), [Rung(9, 1), Rung(3, 3)]
    )
    assert [len(rung) for rung in halved.rungs] == [3]


def test_where_the_final_training_fails_the_next_finalist_takes_its_place(
    record: StudyRecord,
) -> None:
    heard: list[Event] = []
    best, next_best = contenders(5, 4)
    training = halving(FakeTrainer(diverges=5), record, heard.append)
    winner = training.train_best([best, next_best], 2)
    assert (winner.contender.name, winner.val_accuracy) == ("#1", 0.4)
    assert notes(heard) == [
        "The final training of #0 was given up: the loss is nan in epoch 1; "
        "the next finalist takes its place."
    ]
    with pytest.raises(TrainingError, match=r"#0 was given up: .* No other finalist is left"):
        training.train_best([best], 2)
