from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import optuna
import pytest

from nas.compile.module import to_module
from nas.data.catalog import load
from nas.errors import ExportError, StudyError, TrainingError
from nas.events import Event, Listener, Noted, ignore
from nas.export.save import save
from nas.study import successive_halving
from nas.study.finalists.rungs import Rung
from nas.study.finalists.successive_halving import HalvingResult, SuccessiveHalving
from nas.study.finalists.trainer import DEFAULT, PREDICTED
from nas.study.goals.objectives import parse_objectives
from nas.study.record.run_folder import RunFolder
from nas.study.record.study_record import StudyRecord
from nas.train.train import Epoch, Trained
from tests.nas.study.study_toys import toy_space

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from optuna.trial import FrozenTrial
    from torch import nn

    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.space.search_space import SearchSpace
    from nas.study.finalists.successive_halving import Finalist

SPACE = toy_space(widths=(2, 3, 4, 5, 6, 7))


class FakeTrainer:
    """Trains nothing: networks with more channels are better.

    Args:
        diverges: Width of the networks that cannot be trained longer than ``after`` epochs.
        default: Accuracy from default weights.
        late: Other accuracies, by width and epochs.
        stops: The training that is interrupted, counted from 1.
        elsewhere: Whether its hypernetwork was trained in another space.
    """

    def __init__(
        self,
        *,
        diverges: int = 0,
        after: int = 0,
        default: float = 0.0,
        late: Mapping[tuple[int, int], float] | None = None,
        stops: int = 0,
        elsewhere: bool = False,
    ) -> None:
        self.trained: Counter[int] = Counter()
        self.inits: list[str] = []
        self._diverges = diverges
        self._after = after
        self._default = default
        self._late = late or {}
        self._stops = stops
        self._elsewhere = elsewhere
        self.data = load("digits")
        self.seed = 0

    def knows(self, space: SearchSpace) -> bool:
        return not self._elsewhere

    def train(
        self,
        graph: Graph,
        epochs: int,
        init: str,
        *,
        overrides: Mapping[str, Any] | None = None,
        own: OwnModule | None = None,
        checkpoint: Path | None,
        listen: Listener,
    ) -> Trained:
        width = graph.parameters()["conv2d.weight"].shape[0]
        if len(self.inits) + 1 == self._stops:
            self._stops = 0
            raise KeyboardInterrupt
        self.inits.append(init)
        self.trained[width] += init == PREDICTED
        if checkpoint is not None:
            checkpoint.parent.mkdir(exist_ok=True)
            checkpoint.write_text("state")
        if width == self._diverges and epochs > self._after:
            raise TrainingError(f"the loss is nan in epoch {self._after + 1}")
        accuracy = self._late.get((width, epochs), width / 10)
        accuracy = accuracy if init == PREDICTED else self._default
        history = (Epoch(1.0, accuracy, 1.0),) * epochs
        return Trained(to_module(graph).eval(), 0.5, accuracy, history, 0.0)

    def test_accuracy(self, module: nn.Module) -> float:
        return 0.25


@pytest.fixture
def record() -> StudyRecord:
    return StudyRecord(optuna.create_study())


def in_order(candidates):
    """Chooses the first trial that was not trained, whatever came of the others."""
    return lambda tried: next((t for t in candidates if t.number not in tried), None)


def trials(*widths: int, objectives: Sequence[str] = ("score",)) -> list[FrozenTrial]:
    wanted = parse_objectives(objectives)
    study = optuna.create_study(directions=[objective.direction for objective in wanted])
    for width in widths:
        params = {"label": "a", "depth": 1, "width0": width, "kernel0": 1}
        study.enqueue_trial(params)
        trial = study.ask()
        SPACE.build(trial)
        trial.set_user_attr("hash", f"hash{width}")
        trial.set_user_attr("architecture", SPACE.encode(params))
        study.tell(trial, [width if o.name == "params" else 0.0 for o in wanted])
    return study.trials


def halving(
    trainer: FakeTrainer,
    record: StudyRecord,
    out: Path | None = None,
    listen: Listener = ignore,
    objectives: Sequence[str] = ("score",),
) -> SuccessiveHalving:
    folder = None if out is None else RunFolder(out)
    wanted = parse_objectives(objectives)
    return SuccessiveHalving(SPACE, trainer, record, folder, wanted, listen)  # type: ignore[arg-type]


def reached(rung: Sequence[Finalist]) -> list[tuple[int, float, int]]:
    return [(f.trial.number, f.val_accuracy, f.epochs) for f in rung]


def notes(heard: Sequence[Event]) -> list[str]:
    return [event.text for event in heard if isinstance(event, Noted)]


def test_a_rung_by_accuracy_and_each_is_trained_once(record: StudyRecord, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    for _ in range(2):
        halved = halving(trainer, record, tmp_path).run(in_order(trials(3, 5, 4)), [Rung(3, 1)])
        assert reached(halved.first_rung) == [(1, 0.5, 1), (2, 0.4, 1), (0, 0.3, 1)]
        assert halved.standing == halved.first_rung
    assert trainer.trained == {3: 1, 4: 1, 5: 1}
    assert not any(tmp_path.rglob("*.safetensors"))
    halving(trainer, record, tmp_path).run(in_order(trials(3)), [Rung(1, 2)])
    assert trainer.trained[3] == 2, "another number of epochs is another training"


def test_the_best_of_a_rung_climb_and_are_trained_anew(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    ways = in_order(trials(2, 7, 4, 6, 3, 5))
    halved = halving(trainer, record).run(ways, [Rung(6, 1), Rung(3, 3), Rung(2, 9)])
    assert [reached(rung) for rung in halved.rungs[1:]] == [
        [(1, 0.7, 3), (3, 0.6, 3), (5, 0.5, 3)],
        [(1, 0.7, 9), (3, 0.6, 9)],
    ]
    assert reached(halved.standing) == [
        (1, 0.7, 9),
        (3, 0.6, 9),
        (5, 0.5, 3),
        (2, 0.4, 1),
        (4, 0.3, 1),
        (0, 0.2, 1),
    ]
    assert trainer.trained == {7: 3, 6: 3, 5: 2, 4: 1, 3: 1, 2: 1}


def test_the_accuracy_after_the_longer_training_decides(record: StudyRecord) -> None:
    trainer = FakeTrainer(late={(5, 3): 0.2})
    halved = halving(trainer, record).run(in_order(trials(5, 4, 3)), [Rung(3, 1), Rung(2, 3)])
    assert reached(halved.standing) == [(1, 0.4, 3), (0, 0.2, 3), (2, 0.3, 1)]


def test_with_several_objectives_the_first_fronts_climb(record: StudyRecord) -> None:
    """What is both larger and worse than another one stays behind."""
    trainer = FakeTrainer(late={(5, 1): 0.25})
    candidates = trials(3, 5, 4, 2, objectives=("params:min", "score:max"))
    training = halving(trainer, record, objectives=("params:min", "score:max"))
    halved = training.run(in_order(candidates), [Rung(4, 1), Rung(3, 3)])
    assert reached(halved.first_rung) == [(2, 0.4, 1), (0, 0.3, 1), (3, 0.2, 1), (1, 0.25, 1)]
    assert reached(halved.rungs[1]) == [(2, 0.4, 3), (0, 0.3, 3), (3, 0.2, 3)]


def test_the_first_rung_is_chosen_by_what_was_trained_before(record: StudyRecord) -> None:
    """A selector is told of failures too; it may end the rung early, and cannot overfill it."""
    candidates = trials(3, 4, 5, 2)
    told: list[dict[int, float | None]] = []

    def widest_after_a_failure(trained: Mapping[int, float | None]) -> FrozenTrial | None:
        told.append(dict(trained))
        if not trained:
            return candidates[1]
        return candidates[2] if None in trained.values() and 2 not in trained else None

    trainer = FakeTrainer(diverges=4)
    halved = halving(trainer, record).run(widest_after_a_failure, [Rung(4, 1)])
    assert reached(halved.first_rung) == [(2, 0.5, 1)]
    assert told[-1] == {1: None, 2: 0.5}
    halved = halving(trainer, record).run(in_order(candidates), [Rung(2, 1)])
    assert reached(halved.first_rung) == [(0, 0.3, 1)], (
        "on the first rung no other takes its place"
    )


def test_without_a_rung_nothing_is_trained(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    halved = halving(trainer, record).run(in_order(trials(3)), [])
    assert (halved.rungs, halved.standing, halved.first_rung, halved.compared) == (
        (),
        (),
        (),
        None,
    )
    assert not trainer.inits


def test_training_starts_from_the_weights_that_serve_the_first_finalist_better(
    record: StudyRecord,
) -> None:
    heard: list[Event] = []
    trainer = FakeTrainer(default=0.45)
    training = halving(trainer, record, listen=heard.append)
    halved = training.run(in_order(trials(3, 5)), [Rung(2, 1), Rung(1, 3)])
    training.train_winner([halved.standing[0].trial], 6)
    assert trainer.inits == [PREDICTED, DEFAULT, DEFAULT, DEFAULT, DEFAULT]
    assert notes(heard) == [
        "Training starts from default weights, which do better: 30.0% from predicted, "
        "45.0% from default."
    ]
    assert halved.compared is not None
    assert reached([halved.compared]) == [(0, 0.3, 1)]


def test_weights_learnt_in_another_space_are_not_trained(record: StudyRecord) -> None:
    trainer = FakeTrainer(default=0.45, elsewhere=True)
    halved = halving(trainer, record).run(in_order(trials(3, 5)), [Rung(2, 1), Rung(1, 3)])
    assert halved.compared is None
    assert trainer.inits == [DEFAULT, DEFAULT, DEFAULT]


def test_what_diverges_is_left_out_said_and_not_tried_again(record: StudyRecord) -> None:
    heard: list[Event] = []
    trainer = FakeTrainer(diverges=4)
    for _ in range(2):
        training = halving(trainer, record, listen=heard.append)
        halved = training.run(in_order(trials(3, 4)), [Rung(2, 1)])
        assert reached(halved.first_rung) == [(0, 0.3, 1)]
    assert notes(heard) == 2 * ["Trial 1 was left out of rung 1: the loss is nan in epoch 1."]
    assert trainer.trained == {3: 1, 4: 1}
    with pytest.raises(TrainingError, match="the loss is nan"):
        halving(trainer, record).run(in_order(trials(4)), [Rung(1, 1)])


def test_where_a_training_on_a_higher_rung_diverges_the_next_takes_its_place(
    record: StudyRecord,
) -> None:
    heard: list[Event] = []
    trainer = FakeTrainer(diverges=5, after=1)
    training = halving(trainer, record, listen=heard.append)
    halved = training.run(in_order(trials(3, 5, 4, 2)), [Rung(4, 1), Rung(2, 3)])
    assert reached(halved.rungs[1]) == [(2, 0.4, 3), (0, 0.3, 3)]
    assert reached(halved.standing)[2:] == [(1, 0.5, 1), (3, 0.2, 1)]
    assert notes(heard) == ["Trial 1 was left out of rung 2: the loss is nan in epoch 2."]


@pytest.mark.parametrize("done", range(1, 7))
def test_a_climb_that_is_interrupted_trains_nothing_twice(record: StudyRecord, done: int) -> None:
    plan = [Rung(4, 1), Rung(2, 3)]
    whole = halving(FakeTrainer(), StudyRecord(optuna.create_study())).run(
        in_order(trials(3, 5, 4, 2)), plan
    )
    trainer = FakeTrainer(stops=done)
    with pytest.raises(KeyboardInterrupt):
        halving(trainer, record).run(in_order(trials(3, 5, 4, 2)), plan)
    halved = halving(trainer, record).run(in_order(trials(3, 5, 4, 2)), plan)
    assert [reached(rung) for rung in halved.rungs] == [reached(rung) for rung in whole.rungs]
    assert trainer.trained == {5: 2, 4: 2, 3: 1, 2: 1}


def test_more_finalists_and_longer_rungs_use_what_is_there(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    halving(trainer, record).run(in_order(trials(3, 5, 4)), [Rung(3, 1), Rung(1, 3)])
    more = [Rung(4, 1), Rung(2, 3), Rung(1, 9)]
    halved = halving(trainer, record).run(in_order(trials(3, 5, 4, 6)), more)
    assert reached(halved.standing)[0] == (3, 0.6, 9)
    assert trainer.trained == {3: 1, 4: 1, 5: 2, 6: 3}


def test_a_full_training_serves_a_rung_of_its_length(record: StudyRecord, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    training = halving(trainer, record, tmp_path)
    training.train_winner(trials(5), 3)
    halved = training.run(in_order(trials(5)), [Rung(1, 3)])
    assert reached(halved.standing) == [(0, 0.5, 3)]
    assert trainer.trained == {5: 1}


def test_the_winner_is_tested_exported_and_found_again(
    record: StudyRecord, tmp_path: Path
) -> None:
    trainer = FakeTrainer()
    (trial,) = trials(5)
    first = halving(trainer, record, tmp_path).train_winner([trial], 2)
    again = halving(trainer, record, tmp_path).train_winner([trial], 2)
    assert trainer.trained == {5: 1}
    for winner in (first, again):
        assert reached([winner]) == [(0, 0.5, 2)]
        assert winner.test_accuracy == 0.25
    for name, tensor in first.module.state_dict().items():
        assert tensor.equal(again.module.state_dict()[name])
    assert HalvingResult().then(first).standing == (first,)


def test_the_folder_holds_the_last_winner(record: StudyRecord, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    narrow, wide = trials(3, 5)
    for trial in (narrow, wide, narrow):
        halving(trainer, record, tmp_path).train_winner([trial], 1)
    assert trainer.trained == {3: 2, 5: 1}


def test_a_lost_export_is_made_again(record: StudyRecord, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    (trial,) = trials(5)
    halving(trainer, record, tmp_path).train_winner([trial], 1)
    (tmp_path / "best" / "model.safetensors").unlink()
    halving(trainer, record, tmp_path).train_winner([trial], 1)
    assert (tmp_path / "best" / "model.safetensors").exists()


def test_where_the_final_training_diverges_the_next_finalist_takes_its_place(
    record: StudyRecord, tmp_path: Path
) -> None:
    heard: list[Event] = []
    best, next_best = trials(5, 4)
    training = halving(FakeTrainer(diverges=5), record, tmp_path, heard.append)
    winner = training.train_winner([best, next_best], 2)
    assert (winner.trial.number, winner.val_accuracy) == (1, 0.5)
    assert notes(heard) == [
        "The final training of trial 0 was given up: the loss is nan in epoch 1; "
        "the next finalist takes its place."
    ]
    with pytest.raises(TrainingError, match="the loss is nan"):
        training.train_winner([best], 2)


ANYTHING = [
    KeyError("w"),
    MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    RecursionError("too deep"),
    SystemExit(0),
    ExportError("the exported code differs"),
]


def raising_for(width: int, error: BaseException):
    """What is asked of a graph, unless it is that wide."""

    def raise_for(graph: Graph, *args: object, **options: object) -> None:
        if graph.parameters()["conv2d.weight"].shape[0] == width:
            raise error

    return raise_for


@pytest.mark.parametrize("error", ANYTHING, ids=lambda error: type(error).__name__)
def test_whatever_a_brief_training_raises_is_a_result(
    record: StudyRecord, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    heard: list[Event] = []
    trainer, hook = FakeTrainer(), raising_for(4, error)
    real = trainer.train
    asked: list[Graph] = []

    def train(graph: Graph, *args: Any, **options: Any) -> Trained:
        asked.append(graph)
        hook(graph)
        return real(graph, *args, **options)

    monkeypatch.setattr(trainer, "train", train)
    for _ in range(2):
        halved = halving(trainer, record, listen=heard.append).run(
            in_order(trials(3, 4)), [Rung(2, 1)]
        )
        assert reached(halved.first_rung) == [(0, 0.3, 1)]
    assert [text.partition(":")[0] for text in notes(heard)] == 2 * [
        "Trial 1 was left out of rung 1"
    ]
    widths = [graph.parameters()["conv2d.weight"].shape[0] for graph in asked]
    assert widths.count(4) == 1, "it is not tried again"


def test_one_place_is_filled_by_the_next_where_the_first_fails(record: StudyRecord) -> None:
    trainer = FakeTrainer(diverges=4)
    halved = halving(trainer, record).run(in_order(trials(4, 3, 2)), [Rung(1, 1)])
    assert reached(halved.first_rung) == [(1, 0.3, 1)]


@pytest.mark.parametrize("error", ANYTHING, ids=lambda error: type(error).__name__)
def test_whatever_an_export_raises_the_next_finalist_takes_its_place(
    record: StudyRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    heard: list[Event] = []
    hook = raising_for(5, error)

    def saved(graph: Graph, *args: Any, **options: Any) -> None:
        hook(graph)
        save(graph, *args, **options)

    monkeypatch.setattr(successive_halving, "save", saved)
    trainer = FakeTrainer()
    best, next_best = trials(5, 4)
    for _ in range(2):
        training = halving(trainer, record, tmp_path, heard.append)
        winner = training.train_winner([best, next_best], 2)
        assert winner.trial.number == 1
    assert trainer.trained == {5: 1, 4: 1}, "neither is trained again"
    assert notes(heard)[0].startswith("The final training of trial 0 was given up: ")
    assert notes(heard)[0].endswith("; the next finalist takes its place.")
    with pytest.raises(TrainingError, match=r"trial 0 was given up: .* No other finalist is left"):
        training.train_winner([best], 2)
    assert not any(tmp_path.rglob("checkpoints/*"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "no space"), StudyError("x")])
def test_interruptions_and_full_disks_say_nothing_of_a_finalist(
    record: StudyRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    trainer = FakeTrainer()
    (trial,) = trials(5)
    monkeypatch.setattr(successive_halving, "save", raising_for(5, error))
    with pytest.raises(type(error)):
        halving(trainer, record, tmp_path).train_winner([trial], 1)
    monkeypatch.undo()
    assert halving(trainer, record, tmp_path).train_winner([trial], 1).trial.number == 0


def test_a_checkpoint_whose_result_is_known_is_removed(
    record: StudyRecord, tmp_path: Path
) -> None:
    trainer = FakeTrainer()
    halving(trainer, record, tmp_path).run(in_order(trials(3)), [Rung(1, 1)])
    left = tmp_path / "checkpoints" / "finalist-hash3-1-predicted.safetensors"
    left.parent.mkdir(exist_ok=True)
    left.write_text("state")
    halving(trainer, record, tmp_path).run(in_order(trials(3)), [Rung(1, 1)])
    assert not left.exists()
