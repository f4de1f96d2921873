"""The later stages of a search: short training of the finalists, full training of the best."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nas.events import ignore, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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

    module: nn.Module
    val_accuracy: float
    test_accuracy: float


class Finals:
    """Trains a few architectures, keeping every result in the ledger as soon as it is there.

    Results are kept by hash and number of epochs, so a repeated command trains only what it has
    not trained before, and goes on from the checkpoint of what was interrupted.

    Args:
        space: Full-size space.
        trainer: Trains from predicted weights.
        ledger: Keeps the results.
        folder: Keeps checkpoints and the best model; None keeps neither.
        save: Exports a trained network into a directory.
        load: Reads the network of a graph from such a directory.
        listen: Is told of the progress.
    """

    def __init__(
        self,
        space: SearchSpace,
        trainer: Trainer,
        ledger: Ledger,
        folder: RunFolder | None,
        *,
        save: Callable[[Graph, nn.Module, Path], object],
        load: Callable[[Graph, Path], nn.Module],
        listen: Listener,
    ) -> None:
        self._space = space
        self._trainer = trainer
        self._ledger = ledger
        self._folder = folder
        self._save = save
        self._load = load
        self._listen = listen

    def finalists(self, trials: Sequence[FrozenTrial], epochs: int) -> list[Finalist]:
        """Train each briefly; best accuracy first, ties in the order given."""
        with stage(self._listen, "finalists", len(trials)) as progress:
            trained = []
            for done, trial in enumerate(trials, 1):
                accuracy = self._short_training(trial, epochs)
                trained.append(Finalist(trial=trial, val_accuracy=accuracy))
                best = max(finalist.val_accuracy for finalist in trained)
                progress.advance(done, val_accuracy=accuracy, best_val_accuracy=best)
        return sorted(trained, key=lambda finalist: -finalist.val_accuracy)

    def champion(self, trial: FrozenTrial, epochs: int) -> Champion:
        """Train one to the end, test it once, and export it."""
        graph = self._space.graph(trial.params)
        name = _name("final", trial, epochs)
        known = self._ledger.read(name)
        if known is not None and self._folder is not None and self._folder.best.is_dir():
            return Champion(module=self._load(graph, self._folder.best), **known)
        began = time.monotonic()
        checkpoint = self._checkpoint(name)
        trained = self._trainer.train(
            graph, epochs, checkpoint=checkpoint, listen=self._listen, final=True
        )
        figures = {
            "val_accuracy": trained.val_accuracy,
            "test_accuracy": self._trainer.test_accuracy(trained.module),
        }
        if self._folder is not None:
            self._save(graph, trained.module, self._folder.best)
        self._ledger.write(name, figures)
        self._ledger.spend("train", time.monotonic() - began)
        _remove(checkpoint)
        return Champion(module=trained.module, **figures)

    def _short_training(self, trial: FrozenTrial, epochs: int) -> float:
        name = _name("finalist", trial, epochs)
        known = self._ledger.read(name)
        if known is not None:
            return float(known)
        began = time.monotonic()
        graph = self._space.graph(trial.params)
        checkpoint = self._checkpoint(name)
        trained = self._trainer.train(graph, epochs, checkpoint=checkpoint, listen=ignore)
        self._ledger.write(name, trained.val_accuracy)
        self._ledger.spend("finalists", time.monotonic() - began)
        _remove(checkpoint)
        return trained.val_accuracy

    def _checkpoint(self, name: str) -> Path | None:
        if self._folder is None:
            return None
        path = self._folder.checkpoint(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def _name(kind: str, trial: FrozenTrial, epochs: int) -> str:
    return f"{kind}-{trial.user_attrs['hash']}-{epochs}"


def _remove(checkpoint: Path | None) -> None:
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
