"""The later stages of a search: short training of the finalists, full training of the best."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.errors import TrainingError
from nas.events import Noted, ignore, stage
from nas.export.save import Files, load_module, save
from nas.space.candidate import candidate
from nas.study.trainer import DEFAULT, PREDICTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optuna.trial import FrozenTrial
    from torch import nn

    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.space.search_space import SearchSpace
    from nas.study.ledger import Ledger
    from nas.study.run_folder import RunFolder
    from nas.study.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Finalist:
    """A trial and its accuracy on the ranking split after short training."""

    trial: FrozenTrial
    val_accuracy: float


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The fully trained best: its network, and its accuracies on ranking and test split."""

    trial: FrozenTrial
    module: nn.Module
    val_accuracy: float
    test_accuracy: float


class Finals:
    """Trains a few architectures, keeping every result in the ledger as soon as it is there.

    Results are kept by hash, number of epochs and initial weights, so a repeated command trains
    only what it has not trained before, and goes on from the checkpoint of what was interrupted.

    Weights of a good hypernetwork save epochs, those of a poor one cost accuracy that even long
    training does not win back. So the first finalist is trained from predicted and from default
    weights, and all else starts from what was better for it.

    Args:
        space: Full-size space.
        trainer: Trains from predicted or default weights.
        ledger: Keeps the results.
        folder: Keeps checkpoints and the best model; None keeps neither.
        listen: Is told of the progress.
    """

    def __init__(
        self,
        space: SearchSpace,
        trainer: Trainer,
        ledger: Ledger,
        folder: RunFolder | None,
        listen: Listener,
    ) -> None:
        self._space = space
        self._trainer = trainer
        self._ledger = ledger
        self._folder = folder
        self._listen = listen
        self._init = PREDICTED

    def finalists(self, trials: Sequence[FrozenTrial], epochs: int) -> list[Finalist]:
        """Train each briefly; best accuracy first, ties in the order given.

        Raises:
            TrainingError: Not one could be trained.
        """
        trained: list[Finalist] = []
        failure: TrainingError | None = None
        with stage(self._listen, "finalists", len(trials)) as progress:
            self._init = self._better_init(trials[0], epochs)
            for done, trial in enumerate(trials, 1):
                try:
                    accuracy = self._short_training(trial, epochs, self._init)
                except TrainingError as error:
                    failure = error
                    self._listen(Noted(text=f"Finalist {done} was left out: {error.message}."))
                    continue
                trained.append(Finalist(trial=trial, val_accuracy=accuracy))
                best = max(finalist.val_accuracy for finalist in trained)
                progress.advance(done, val_accuracy=accuracy, best_val_accuracy=best)
        if failure is not None and not trained:
            raise failure
        return sorted(trained, key=lambda finalist: -finalist.val_accuracy)

    def champion(self, trials: Sequence[FrozenTrial], epochs: int) -> Champion:
        """Train the first to the end, test it once, and export it.

        Where a training diverges, the next one in the order given takes its place.

        Raises:
            TrainingError: Every training diverged.
        """
        *others, last = trials
        for trial in others:
            try:
                return self._full_training(trial, epochs)
            except TrainingError as error:
                text = (
                    f"The final training of trial {trial.number} was given up: {error.message}; "
                    "the next finalist takes its place."
                )
                self._listen(Noted(text=text))
        return self._full_training(last, epochs)

    def _better_init(self, trial: FrozenTrial, epochs: int) -> str:
        reached: dict[str, float] = {}
        for init in (PREDICTED, DEFAULT):
            with suppress(TrainingError):
                reached[init] = self._short_training(trial, epochs, init)
        better = max(reached, key=reached.__getitem__, default=PREDICTED)
        if better == DEFAULT:
            accuracies = ", ".join(f"{value:.1%} from {init}" for init, value in reached.items())
            self._listen(
                Noted(text=f"Training starts from default weights, which do better: {accuracies}.")
            )
        return better

    def _full_training(self, trial: FrozenTrial, epochs: int) -> Champion:
        graph = self._network(trial)
        name = _name("final", trial, epochs, self._init)
        known = self._ledger.read(name)
        if known is not None and self._folder is not None and self._is_exported(name):
            return Champion(trial=trial, module=load_module(graph, self._folder.best), **known)
        trained = self._trainer.train(
            graph, epochs, self._init, checkpoint=self._checkpoint(name), listen=self._listen
        )
        began = time.monotonic()
        figures = {
            "test_accuracy": self._trainer.test_accuracy(trained.module),
            "val_accuracy": trained.val_accuracy,
        }
        if self._folder is not None:
            card = {
                **figures,
                "epochs": epochs,
                "init": self._init,
                "architecture": trial.user_attrs["architecture"],
            }
            data = self._trainer.data
            save(graph, trained.module, self._folder.best, data=data, card=card)
            self._ledger.write("exported", name)
        self._ledger.write(name, figures)
        self._ledger.spend("train", trained.seconds + time.monotonic() - began)
        self._forget(name)
        return Champion(trial=trial, module=trained.module, **figures)

    def _short_training(self, trial: FrozenTrial, epochs: int, init: str) -> float:
        name = _name("finalist", trial, epochs, init)
        known = self._ledger.read(name)
        if known is not None:
            return float(known)
        trained = self._trainer.train(
            self._network(trial),
            epochs,
            init,
            checkpoint=self._checkpoint(name),
            listen=ignore,
        )
        self._ledger.write(name, trained.val_accuracy)
        self._ledger.spend("finalists", trained.seconds)
        self._forget(name)
        return trained.val_accuracy

    def _network(self, trial: FrozenTrial) -> Graph:
        return candidate(self._space, trial.params).network

    def _is_exported(self, name: str) -> bool:
        folder = self._folder
        written = folder is not None and Files(folder.best).weights.is_file()
        return written and bool(self._ledger.read("exported") == name)

    def _checkpoint(self, name: str) -> Path | None:
        return None if self._folder is None else self._folder.checkpoint(name)

    def _forget(self, name: str) -> None:
        """Remove the checkpoint of a training whose result is safe."""
        checkpoint = self._checkpoint(name)
        if checkpoint is not None:
            checkpoint.unlink(missing_ok=True)


def _name(kind: str, trial: FrozenTrial, epochs: int, init: str) -> str:
    return f"{kind}-{trial.user_attrs['hash']}-{epochs}-{init}"
