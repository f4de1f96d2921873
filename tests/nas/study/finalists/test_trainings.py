from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nas.errors import ExportError, StudyError, TrainingError
from nas.events import Noted, ignore
from nas.exporting.save import save
from nas.study.finalists import trainings as module_under_test
from nas.training.starts.default import DEFAULT
from nas.training.starts.predicted import PREDICTED
from tests.nas.study.finalists.fakes import (
    FakeTrainer,
    contender,
    new_record,
    reached,
    trainings,
    width_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.space.candidate import Candidate
    from nas.study.finalists.trainings import FullyTrained
    from nas.study.record.study_record import StudyRecord
    from nas.training.train import Trained


@pytest.fixture
def record() -> StudyRecord:
    return new_record()


def fully(
    trainer: FakeTrainer, record: StudyRecord, out: Path | None, width: int, epochs: int = 1
) -> FullyTrained:
    kept = trainings(trainer, record, out)
    trained = kept.final(contender(width), epochs, DEFAULT, ignore)
    kept.module(trained, ignore)
    return trained


def exported(out: Path) -> int:
    """The width of the first layer of the exported model."""
    return int((out / "best" / "architecture.json").read_text().split('"out_channels": ')[1][0])


def test_a_result_is_kept_by_architecture_length_and_start(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    for start in (DEFAULT, DEFAULT, PREDICTED):
        for epochs in (1, 2):
            for width in (3, 4):
                kept = trainings(trainer, record)
                one = kept.brief(contender(width), epochs, start, "rung 1")
                assert (one.val_accuracy, one.start) == (width / 10, start)
                assert kept.is_known("finalist", contender(width), epochs, start)
    assert len(trainer.calls) == len(set(trainer.calls)) == 8
    assert not trainings(trainer, record).is_known("finalist", contender(3), 3, DEFAULT)
    assert not trainings(trainer, record).is_known("final", contender(3), 1, DEFAULT)


def test_the_time_of_a_training_is_that_of_its_stage(record: StudyRecord) -> None:
    kept = trainings(FakeTrainer(seconds=2.0), record)
    for _ in range(2):
        kept.brief(contender(3), 3, DEFAULT, "rung 2")
        kept.final(contender(3), 5, DEFAULT, ignore)
    assert record.seconds() == {"rung 2": 6.0, "train": pytest.approx(10.0, abs=1.0)}


def test_a_full_training_serves_a_rung_of_its_length(record: StudyRecord, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    fully(trainer, record, tmp_path, 5, epochs=3)
    one = trainings(trainer, record, tmp_path).brief(contender(5), 3, DEFAULT, "rung 1")
    assert reached([one]) == [("width 5", 0.5, 3)]
    assert trainer.trained == {5: 1}


def test_what_was_trained_to_the_end_is_tested_exported_and_loaded_again(
    record: StudyRecord, tmp_path: Path
) -> None:
    trainer = FakeTrainer()
    modules = []
    for _ in range(2):
        kept = trainings(trainer, record, tmp_path)
        one = kept.final(contender(5), 2, DEFAULT, ignore)
        assert reached([one]) == [("width 5", 0.5, 2)]
        assert one.test_accuracy == 0.25
        modules.append(kept.module(one, ignore))
    assert trainer.trained == {5: 1}
    first, again = (module.state_dict() for module in modules)
    assert first.keys() == again.keys()
    assert all(first[name].equal(again[name]) for name in first)


def test_the_best_model_is_exported_and_a_worse_one_never_replaces_it(
    record: StudyRecord, tmp_path: Path
) -> None:
    trainer = FakeTrainer()
    kept = trainings(trainer, record, tmp_path)
    held = []
    for width in (4, 3, 5, 4, 2):
        kept.final(contender(width), 1, DEFAULT, ignore)
        held.append(exported(tmp_path))
    assert held == [4, 4, 5, 5, 5]
    assert trainer.trained == {4: 1, 3: 1, 5: 1, 2: 1}


def test_the_model_of_the_winner_is_exported_even_where_a_better_one_lies_there(
    record: StudyRecord, tmp_path: Path
) -> None:
    """A baseline that has won an earlier call may no longer be part of the search."""
    trainer = FakeTrainer()
    for width in (5, 3, 5, 5):
        fully(trainer, record, tmp_path, width)
        assert exported(tmp_path) == width
    assert trainer.trained == {5: 2, 3: 1}


def test_a_lost_export_is_made_again(record: StudyRecord, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    fully(trainer, record, tmp_path, 5)
    weights = tmp_path / "best" / "model.safetensors"
    weights.unlink()
    fully(trainer, record, tmp_path, 5)
    assert weights.exists()
    assert trainer.trained == {5: 2}


def test_a_model_that_was_exported_but_not_noted_is_not_taken_for_another_one(
    record: StudyRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is killed between both, and the next command asks for the one before."""
    trainer = FakeTrainer()
    fully(trainer, record, tmp_path, 3)

    def saved_and_killed(*args: Any, **options: Any) -> None:
        save(*args, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(module_under_test, "save", saved_and_killed)
    with pytest.raises(KeyboardInterrupt):
        fully(trainer, record, tmp_path, 5)
    monkeypatch.undo()
    assert exported(tmp_path) == 5
    fully(trainer, record, tmp_path, 3)
    assert exported(tmp_path) == 3


ANYTHING = [
    KeyError("w"),
    MemoryError(),
    RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    RecursionError("too deep"),
    SystemExit(0),
    ExportError("the exported code differs"),
]


@pytest.mark.parametrize("error", ANYTHING, ids=lambda error: type(error).__name__)
def test_whatever_a_training_raises_is_a_result(
    record: StudyRecord, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    trainer = FakeTrainer()
    real = trainer.train
    asked: list[int] = []

    def train(candidate: Candidate, *args: Any, **options: Any) -> Trained:
        asked.append(width_of(candidate))
        if asked[-1] == 4:
            raise error
        return real(candidate, *args, **options)

    monkeypatch.setattr(trainer, "train", train)
    for _ in range(2):
        kept = trainings(trainer, record)
        with pytest.raises(TrainingError):
            kept.brief(contender(4), 1, DEFAULT, "rung 1")
        assert kept.brief(contender(3), 1, DEFAULT, "rung 1").val_accuracy == 0.3
        assert kept.is_known("finalist", contender(4), 1, DEFAULT)
    assert asked == [4, 3], "neither is trained again"


def raising(error: BaseException) -> Callable[..., None]:
    def save_nothing(graph: Graph, *args: Any, **options: Any) -> None:
        raise error

    return save_nothing


@pytest.mark.parametrize("error", ANYTHING, ids=lambda error: type(error).__name__)
def test_whatever_an_export_raises_is_a_result(
    record: StudyRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(module_under_test, "save", raising(error))
    trainer = FakeTrainer()
    for _ in range(2):
        with pytest.raises(TrainingError):
            trainings(trainer, record, tmp_path).final(contender(5), 2, DEFAULT, ignore)
    assert trainer.trained == {5: 1}
    assert not any(tmp_path.rglob("checkpoints/*"))
    monkeypatch.undo()
    assert fully(trainer, record, tmp_path, 4).val_accuracy == 0.4


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "no space"), StudyError("x")])
def test_interruptions_and_full_disks_say_nothing_about_a_finalist(
    record: StudyRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    trainer = FakeTrainer()
    monkeypatch.setattr(module_under_test, "save", raising(error))
    with pytest.raises(type(error)):
        fully(trainer, record, tmp_path, 5)
    monkeypatch.undo()
    assert fully(trainer, record, tmp_path, 5).val_accuracy == 0.5


@pytest.mark.parametrize("error", [OSError(28, "no space"), FileNotFoundError("no file")])
@pytest.mark.parametrize("place", ["train", "test_accuracy"])
def test_an_error_of_files_in_code_of_the_users_is_that_networks_failure(
    record: StudyRecord,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: OSError,
    place: str,
) -> None:
    trainer = FakeTrainer()
    monkeypatch.setattr(trainer, place, raising(error))
    for _ in range(2):
        with pytest.raises(TrainingError, match=type(error).__name__):
            trainings(trainer, record, tmp_path).final(contender(5), 2, DEFAULT, ignore)
        monkeypatch.undo()
    assert fully(trainer, record, tmp_path, 4).val_accuracy == 0.4


def test_an_error_of_the_listener_says_nothing_about_a_finalist(
    record: StudyRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = FakeTrainer()

    def train(*args: Any, listen: Listener, **settings: Any) -> Trained:
        listen(Noted(text="an epoch"))
        return FakeTrainer.train(trainer, *args, listen=listen, **settings)

    monkeypatch.setattr(trainer, "train", train)
    for error in (BrokenPipeError(), ValueError()):
        with pytest.raises(type(error)):
            trainings(trainer, record, tmp_path).final(contender(5), 2, DEFAULT, raising(error))
    faults = [OSError(116, "stale file handle")]  # of the lock of the run folder

    def check() -> None:
        if faults:
            raise faults.pop()

    monkeypatch.setattr(record, "check", check)
    with pytest.raises(OSError, match="stale"):
        trainings(trainer, record, tmp_path).final(contender(5), 2, DEFAULT, ignore)
    assert fully(trainer, record, tmp_path, 5).val_accuracy == 0.5


def test_a_checkpoint_whose_result_is_known_is_removed(
    record: StudyRecord, tmp_path: Path
) -> None:
    kept = trainings(FakeTrainer(), record, tmp_path)
    kept.brief(contender(3), 1, DEFAULT, "rung 1")
    assert not any(tmp_path.rglob("*.safetensors"))
    left = tmp_path / "checkpoints" / f"finalist-{contender(3).hash}-1-default.safetensors"
    left.write_text("state")
    kept.brief(contender(3), 1, DEFAULT, "rung 1")
    assert not left.exists()


def test_a_brief_training_is_repeated_on_each_split(record: StudyRecord, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    for _ in range(2):
        kept = trainings(trainer, record, tmp_path, splits=3)
        one = kept.brief(contender(5), 1, DEFAULT, "rung 1")
        assert one.val_accuracy == pytest.approx((0.5 + 0.49 + 0.48) / 3)
        assert one.splits == 3
    assert trainer.splits == [0, 1, 2]
    assert not any(tmp_path.rglob("*.safetensors"))
    alone = trainings(trainer, record).brief(contender(5), 1, DEFAULT, "rung 1")
    assert (alone.val_accuracy, alone.splits) == (0.5, 1)
    assert len(trainer.splits) == 3, "the first split is that of a single one"


def test_an_interruption_between_splits_repeats_none(record: StudyRecord) -> None:
    trainer = FakeTrainer(stops=3)
    kept = trainings(trainer, record, splits=3)
    with pytest.raises(KeyboardInterrupt):
        kept.brief(contender(5), 1, DEFAULT, "rung 1")
    assert not kept.is_known("finalist", contender(5), 1, DEFAULT)
    kept.brief(contender(5), 1, DEFAULT, "rung 1")
    assert kept.is_known("finalist", contender(5), 1, DEFAULT)
    assert trainer.splits == [0, 1, 2]


def test_a_failure_on_one_split_is_one_of_the_training(record: StudyRecord) -> None:
    trainer = FakeTrainer(diverges=5)
    kept = trainings(trainer, record, splits=3)
    for _ in range(2):
        with pytest.raises(TrainingError, match="nan"):
            kept.brief(contender(5), 1, DEFAULT, "rung 1")
    assert kept.is_known("finalist", contender(5), 1, DEFAULT)
    assert trainer.splits == [0]


def test_a_final_training_is_on_the_first_split(record: StudyRecord) -> None:
    trainer = FakeTrainer()
    kept = trainings(trainer, record, splits=3)
    trained = kept.final(contender(5), 3, DEFAULT, ignore)
    assert (trained.val_accuracy, trained.splits, trainer.splits) == (0.5, 1, [0])
