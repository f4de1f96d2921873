from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import optuna
import pytest

from nas.compile.module import to_module
from nas.data.catalog import load
from nas.errors import TrainingError
from nas.events import Event, Listener, Noted, ignore
from nas.study.finals import Finals
from nas.study.ledger import Ledger
from nas.study.run_folder import RunFolder
from nas.study.trainer import DEFAULT, PREDICTED
from nas.train.train import Epoch, Trained
from tests.nas.study.study_toys import toy_space

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.trial import FrozenTrial
    from torch import nn

    from nas.graph.graph import Graph

SPACE = toy_space()


class FakeTrainer:
    """Trains nothing: networks with more channels are better, and some cannot be trained."""

    def __init__(self, *, diverges: int = 0, default: float = 0.0) -> None:
        self.trained: Counter[int] = Counter()
        self.inits: list[str] = []
        self._diverges = diverges
        self._default = default
        self.data = load("digits")

    def train(
        self, graph: Graph, epochs: int, init: str, *, checkpoint: Path | None, listen: Listener
    ) -> Trained:
        width = graph.parameters()["conv2d.weight"].shape[0]
        self.inits.append(init)
        self.trained[width] += init == PREDICTED
        if checkpoint is not None:
            checkpoint.parent.mkdir(exist_ok=True)
            checkpoint.write_text("state")
        if width == self._diverges:
            raise TrainingError("the loss is nan in epoch 1")
        accuracy = width / 10 if init == PREDICTED else self._default
        return Trained(to_module(graph).eval(), accuracy, (Epoch(1.0, accuracy),) * epochs, 0.0)

    def test_accuracy(self, module: nn.Module) -> float:
        return 0.25


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(optuna.create_study())


def trials(*widths: int) -> list[FrozenTrial]:
    study = optuna.create_study()
    for width in widths:
        params = {"label": "a", "depth": 1, "width0": width, "kernel0": 1}
        study.enqueue_trial(params)
        trial = study.ask()
        SPACE.build(trial)
        trial.set_user_attr("hash", f"hash{width}")
        trial.set_user_attr("architecture", SPACE.encode(params))
        study.tell(trial, 0.0)
    return study.trials


def finals(
    trainer: FakeTrainer, ledger: Ledger, out: Path | None = None, listen: Listener = ignore
) -> Finals:
    folder = None if out is None else RunFolder(out)
    return Finals(SPACE, trainer, ledger, folder, listen)  # type: ignore[arg-type]


def test_finalists_by_accuracy_and_each_is_trained_once(ledger: Ledger, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    for _ in range(2):
        found = finals(trainer, ledger, tmp_path).finalists(trials(3, 5, 4), 1)
        assert [f.val_accuracy for f in found] == [0.5, 0.4, 0.3]
        assert [f.trial.number for f in found] == [1, 2, 0]
    assert trainer.trained == {3: 1, 4: 1, 5: 1}
    assert not any(tmp_path.rglob("*.safetensors"))
    finals(trainer, ledger, tmp_path).finalists(trials(3), 2)
    assert trainer.trained[3] == 2, "another number of epochs is another training"


def test_training_starts_from_the_weights_that_serve_the_first_finalist_better(
    ledger: Ledger,
) -> None:
    heard: list[Event] = []
    trainer = FakeTrainer(default=0.45)
    training = finals(trainer, ledger, listen=heard.append)
    found = training.finalists(trials(3, 5), 1)
    training.champion([found[0].trial], 2)
    assert trainer.inits == [PREDICTED, DEFAULT, DEFAULT, DEFAULT]
    assert [n.text for n in heard if isinstance(n, Noted)] == [
        "Training starts from default weights, which do better: 30.0% from predicted, "
        "45.0% from default."
    ]


def test_what_diverges_is_left_out_and_said(ledger: Ledger) -> None:
    heard: list[Event] = []
    found = finals(FakeTrainer(diverges=4), ledger, listen=heard.append).finalists(trials(3, 4), 1)
    assert [f.val_accuracy for f in found] == [0.3]
    assert [n.text for n in heard if isinstance(n, Noted)] == [
        "Finalist 2 was left out: the loss is nan in epoch 1."
    ]
    with pytest.raises(TrainingError, match="the loss is nan"):
        finals(FakeTrainer(diverges=4), ledger).finalists(trials(4), 1)


def test_the_champion_is_tested_exported_and_found_again(ledger: Ledger, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    (trial,) = trials(5)
    first = finals(trainer, ledger, tmp_path).champion([trial], 2)
    again = finals(trainer, ledger, tmp_path).champion([trial], 2)
    assert trainer.trained == {5: 1}
    assert (first.val_accuracy, first.test_accuracy) == (0.5, 0.25)
    assert (again.val_accuracy, again.test_accuracy) == (0.5, 0.25)
    for name, tensor in first.module.state_dict().items():
        assert tensor.equal(again.module.state_dict()[name])


def test_the_folder_holds_the_last_champion(ledger: Ledger, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    narrow, wide = trials(3, 5)
    for trial in (narrow, wide, narrow):
        finals(trainer, ledger, tmp_path).champion([trial], 1)
    assert trainer.trained == {3: 2, 5: 1}


def test_a_lost_export_is_made_again(ledger: Ledger, tmp_path: Path) -> None:
    trainer = FakeTrainer()
    (trial,) = trials(5)
    finals(trainer, ledger, tmp_path).champion([trial], 1)
    (tmp_path / "best" / "model.safetensors").unlink()
    finals(trainer, ledger, tmp_path).champion([trial], 1)
    assert (tmp_path / "best" / "model.safetensors").exists()


def test_where_the_final_training_diverges_the_next_finalist_takes_its_place(
    ledger: Ledger, tmp_path: Path
) -> None:
    heard: list[Event] = []
    best, next_best = trials(5, 4)
    training = finals(FakeTrainer(diverges=5), ledger, tmp_path, heard.append)
    champion = training.champion([best, next_best], 2)
    assert (champion.trial.number, champion.val_accuracy) == (1, 0.4)
    assert [n.text for n in heard if isinstance(n, Noted)] == [
        "The final training of trial 0 was given up: the loss is nan in epoch 1; "
        "the next finalist takes its place."
    ]
    with pytest.raises(TrainingError, match="the loss is nan"):
        training.champion([best], 2)
