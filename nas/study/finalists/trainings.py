"""Trainings of contenders, each recorded as soon as it ends."""

from __future__ import annotations

import io
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from nas.drawing.svg_drawing import draw_svg
from nas.errors import CheckpointError, DataError, NasError, StudyError, TrainingError
from nas.events import ignore
from nas.exporting.files import Files
from nas.exporting.save import load_module, save
from nas.files import WriteError, writing
from nas.space.contained import contained
from nas.study.finalists.trainer import EarlyTrainer
from nas.study.record.artifacts import Artifacts
from nas.study.record.trained import has_failed, training_key
from nas.training.memory import NO_MEMORY, is_lack_of_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from torch import nn

    from nas.events import Event, Listener
    from nas.modules.own_module import OwnModule
    from nas.study.finalists.contender import Contender
    from nas.study.finalists.trainer import CandidateTrainer
    from nas.study.record.run_folder import RunFolder
    from nas.study.record.study_record import StudyRecord
    from nas.study.record.trained import Kind
    from nas.training.train import Trained

_EXPORTED = "exported"
"""Key of the record that holds the final training with its model in the run folder."""
_DRAWING = "drawing.svg"


@dataclass(frozen=True, kw_only=True)
class Finalist:
    """A contender, and its accuracy on the ranking split after a training.

    Attributes:
        contender: The architecture.
        val_accuracy: The accuracy that ranks, :attr:`nas.training.train.Trained.ranking_accuracy`;
            after a final training that of the kept weights. The mean over several splits.
        epochs: Length of the training.
        start: Origin of the initial weights.
        splits: Number of draws of the ranking split on which it was trained.
    """

    contender: Contender
    val_accuracy: float
    epochs: int
    start: str
    splits: int = 1


@dataclass(frozen=True, kw_only=True)
class FullyTrained(Finalist):
    """A contender after its final training, with its accuracy on the test split."""

    test_accuracy: float


class Trainings:
    """Trains contenders, and records every result at once.

    Results are kept by hash, number of epochs, start and split. So a repeated command does only
    new trainings, and resumes an interrupted one from its checkpoint. Any failure is a result too,
    since the network may hold user code. Errors of this program's own files and of the listener
    are not: they are independent of the network.

    Of all final trainings the model with the best accuracy on the ranking split is exported; a
    worse one never replaces it.

    The trial of a trained architecture is given its drawing as an artifact of Optuna, and that of
    an exported one the exported files.

    Args:
        trainer: Trains one candidate.
        record: Keeps the results.
        folder: Keeps checkpoints and the best model; None keeps neither.
        splits: Number of draws of the ranking split on which brief trainings are repeated; final
            trainings use the first.
    """

    def __init__(
        self,
        trainer: CandidateTrainer,
        record: StudyRecord,
        folder: RunFolder | None,
        *,
        splits: int = 1,
    ) -> None:
        self._trainer = trainer
        self._record = record
        self._folder = folder
        self._artifacts = None if folder is None else Artifacts(record, folder.artifacts)
        self._splits = splits
        self._modules: dict[str, nn.Module] = {}
        self._of_listener: Exception | None = None

    @property
    def parallel(self) -> int:
        """Number of trainings that can run at once."""
        trainer = self._trainer
        return trainer.parallel if isinstance(trainer, EarlyTrainer) else 1

    def begin(self, kind: Kind, contender: Contender, epochs: int, start: str) -> None:
        """Begin a training that will be asked for, if there are workers to do it meanwhile."""
        trainer = self._trainer
        if not isinstance(trainer, EarlyTrainer) or self.is_known(kind, contender, epochs, start):
            return
        with suppress(Exception), contained("the training"):  # raised where it is asked for
            own = self._own(contender)
            for split in self._splits_of(kind):
                key = training_key(kind, contender.hash, epochs, start, split)
                if self._record.read(key) is None:
                    checkpoint = self._checkpoint(key, own=own is not None)
                    trainer.begin(
                        contender.candidate,
                        epochs,
                        start,
                        split=split,
                        own=own,
                        checkpoint=checkpoint,
                    )

    def withdraw(self) -> None:
        """Give up the trainings that were to begin, but for those that a worker has begun."""
        if isinstance(self._trainer, EarlyTrainer):
            self._trainer.withdraw()

    def is_under_way(self, contender: Contender, epochs: int, start: str) -> bool:
        """Whether a worker trains it, or will, and its result is not known yet."""
        trainer = self._trainer
        if not isinstance(trainer, EarlyTrainer):
            return False
        return trainer.is_under_way(contender.candidate, epochs, start)

    def brief(self, contender: Contender, epochs: int, start: str, stage: str) -> Finalist:
        """Train for a rung of successive halving, on each split from the initial weights.

        Args:
            contender: The architecture.
            epochs: Length of the training.
            start: Origin of the initial weights.
            stage: The stage to which the time counts.

        Raises:
            TrainingError: The training failed, now or in an earlier call.
        """
        accuracies = [
            self._accuracy(contender, epochs, start, split, stage) for split in range(self._splits)
        ]
        self._draw(contender)
        return Finalist(
            contender=contender,
            val_accuracy=fmean(accuracies),
            epochs=epochs,
            start=start,
            splits=self._splits,
        )

    def final(
        self, contender: Contender, epochs: int, start: str, listen: Listener
    ) -> FullyTrained:
        """Train to the end, test once, and export the model if it is the best so far.

        Raises:
            TrainingError: The training failed, now or in an earlier call.
        """
        key = training_key("final", contender.hash, epochs, start)
        figures = self._known(key)
        if figures is None:
            figures = self._train_fully(key, contender, epochs, start, listen)
        self._draw(contender)
        return FullyTrained(contender=contender, epochs=epochs, start=start, **figures)

    def is_known(self, kind: Kind, contender: Contender, epochs: int, start: str) -> bool:
        """Whether a training or its failure is on record, so that it takes no time."""
        results = [
            self._record.read(training_key(kind, contender.hash, epochs, start, split))
            for split in self._splits_of(kind)
        ]
        return None not in results or any(map(has_failed, results))

    def module(self, trained: FullyTrained, listen: Listener) -> nn.Module:
        """The trained module of the best contender, which is exported.

        It is trained again if the run folder holds another model or none.

        Raises:
            TrainingError: The repeated training failed.
        """
        contender, epochs, start = trained.contender, trained.epochs, trained.start
        key = training_key("final", contender.hash, epochs, start)
        is_exported = self._exported() == key
        if key not in self._modules:
            if is_exported and self._folder is not None:
                network, own = contender.candidate.network, self._own(contender)
                return load_module(network, self._folder.best, own=own)
            self._train_fully(key, contender, epochs, start, listen, is_winner=True)
        elif not is_exported and self._folder is not None:
            figures = self._known(key)
            self._export(key, contender, self._own(contender), self._modules[key], figures)
        return self._modules[key]

    def _splits_of(self, kind: Kind) -> range:
        """The splits on which a training is repeated."""
        return range(self._splits if kind == "finalist" else 1)

    def _accuracy(
        self, contender: Contender, epochs: int, start: str, split: int, stage: str
    ) -> float:
        """The accuracy after a training on one split."""
        key = training_key("finalist", contender.hash, epochs, start, split)
        accuracy = self._known(key)
        if accuracy is None:
            with self._failures_kept(key):
                own = self._own(contender)
                trained = self._train(key, contender, own, epochs, start, ignore, split)
            accuracy = trained.ranking_accuracy
            self._record.write(key, accuracy)
            self._record.spend(stage, trained.seconds)
            self._forget(key)
        return float(accuracy)

    def _train_fully(
        self,
        key: str,
        contender: Contender,
        epochs: int,
        start: str,
        listen: Listener,
        *,
        is_winner: bool = False,
    ) -> dict[str, float]:
        with self._failures_kept(key):
            own = self._own(contender)
            trained = self._train(key, contender, own, epochs, start, listen)
            began = time.monotonic()
            figures = {
                "test_accuracy": self._trainer.test_accuracy(trained.module),
                "val_accuracy": trained.val_accuracy,
            }
            exported = self._folder is not None and (
                is_winner or self._is_best(key, trained.val_accuracy)
            )
            if exported:
                self._export(key, contender, own, trained.module, figures)
        rung = training_key("finalist", contender.hash, epochs, start)
        self._record.write(rung, trained.ranking_accuracy)
        self._record.write(key, figures)
        self._record.spend("train", trained.seconds + time.monotonic() - began)
        self._forget(key)
        self._modules[key] = trained.module
        return figures

    def _train(
        self,
        key: str,
        contender: Contender,
        own: OwnModule | None,
        epochs: int,
        start: str,
        listen: Listener,
        split: int = 0,
    ) -> Trained:
        return self._trainer.train(
            contender.candidate,
            epochs,
            start,
            split=split,
            own=own,
            checkpoint=self._checkpoint(key, own=own is not None),
            listen=self._checked(listen),
        )

    def _own(self, contender: Contender) -> OwnModule | None:
        return contender.candidate.module(self._trainer.seed)

    def _export(
        self,
        key: str,
        contender: Contender,
        own: OwnModule | None,
        module: nn.Module,
        figures: Mapping[str, float],
    ) -> None:
        assert self._folder is not None
        candidate = contender.candidate
        _, _, epochs, start = key.split("-", 3)
        origin = {
            "epochs": int(epochs),
            "init": start,
            "architecture": candidate.architecture,
        }
        self._record.check()
        with writing(self._folder.best):  # the network is run, but its errors become those of nas
            self._record.write(_EXPORTED, None)  # until the new model is complete
            files = save(
                candidate.network,
                module,
                self._folder.best,
                own=own,
                data=self._trainer.data,
                figures={**figures, **origin},
            )
            if self._artifacts is not None and contender.number is not None:
                trial = self._record.trial(contender.hash)
                for path in files:
                    with path.open("rb") as file:
                        self._artifacts.write(trial, path.name, file)
            self._record.write(_EXPORTED, key)

    def _draw(self, contender: Contender) -> None:
        """Give the trial of a trained architecture its drawing, unless it has it."""
        if self._artifacts is None or contender.number is None:
            return
        trial = self._record.trial(contender.hash)
        if not self._artifacts.has(trial, _DRAWING):
            drawing = draw_svg(contender.candidate.network, title=contender.name)
            self._artifacts.write(trial, _DRAWING, io.BytesIO(drawing.encode()))

    def _is_best(self, key: str, val_accuracy: float) -> bool:
        """Whether a model replaces the exported one."""
        exported = self._exported()
        known = None if exported is None else self._record.read(exported)
        return exported == key or known is None or val_accuracy > known["val_accuracy"]

    def _exported(self) -> str | None:
        """Key of the final training with its model in the run folder; None if there is none."""
        if self._folder is None:
            return None
        weights = Files(self._folder.best).weights
        with writing(weights):
            if not weights.is_file():
                return None
        exported: str | None = self._record.read(_EXPORTED)
        return exported

    def _checked(self, listen: Listener) -> Listener:
        """A listener that also checks after each event that writing is still allowed.

        Neither is code of a network, so their errors are no failures of one.
        """

        def checked(event: Event) -> None:
            try:
                listen(event)
                self._record.check()
            except Exception as error:
                self._of_listener = error
                raise

        return checked

    @contextmanager
    def _failures_kept(self, key: str) -> Iterator[None]:
        """Record the failure of a training or of the work after it, as it would fail again.

        Raises:
            TrainingError: The block failed.
        """
        try:
            with contained("the training"):
                yield
        except (WriteError, CheckpointError, DataError, StudyError):
            raise
        except Exception as error:
            if error is self._of_listener:  # perhaps it prints, and nobody reads any more
                raise
            reason = _reason(error)
            self._record.write(key, {"diverged": reason})
            self._forget(key)
            raise TrainingError(reason) from error

    def _known(self, key: str) -> Any:
        """The recorded result of a training; None if there is none.

        Raises:
            TrainingError: The training failed.
        """
        known = self._record.read(key)
        if known is not None:
            self._forget(key)  # a killed process may have left it
        if has_failed(known):
            raise TrainingError(known["diverged"])
        return known

    def _checkpoint(self, key: str, *, own: bool) -> Path | None:
        """File with the state of a training; a user's own module has other tensors."""
        return None if self._folder is None else self._folder.checkpoint(key + "-own" * own)

    def _forget(self, key: str) -> None:
        """Remove the checkpoint of a training whose result is recorded."""
        for own in (False, True):
            checkpoint = self._checkpoint(key, own=own)
            if checkpoint is not None:
                checkpoint.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    """Why a training failed, in one line."""
    if isinstance(error, NasError):
        return error.message
    if is_lack_of_memory(error):
        return NO_MEMORY
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
