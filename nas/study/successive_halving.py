"""The later stages of a search: short trainings, rung by rung, and the full one of the best."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from nas.errors import CheckpointError, NasError, StudyError, TrainingError
from nas.events import Noted, ignore, stage
from nas.export.save import Files, load_module, save
from nas.space.candidate import candidate
from nas.space.contained import contained
from nas.study.effort import COMPARISON
from nas.study.selection.pareto import by_training
from nas.study.trainer import DEFAULT, PREDICTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from optuna.trial import FrozenTrial
    from torch import nn

    from nas.events import Event, Listener
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.space.search_space import SearchSpace
    from nas.study.goals.objectives import Objective
    from nas.study.record.run_folder import RunFolder
    from nas.study.record.study_record import StudyRecord
    from nas.study.rungs import Rung
    from nas.study.selection.pareto import Choose
    from nas.study.trainer import Trainer
    from nas.train.train import Trained


SUBSTITUTES = 5
"""Further architectures that are tried where all finalists fail."""

_WHEN_ALL_FAIL = "No other finalist is left; ask for more of them, or look at what they share."


@dataclass(frozen=True, kw_only=True)
class Finalist:
    """A trial, and its accuracy on the ranking split after a training of so many epochs.

    Attributes:
        val_accuracy: Of the ranking, :attr:`nas.train.train.Trained.ranking_accuracy`; of a
            winner that of the weights handed over.
    """

    trial: FrozenTrial
    val_accuracy: float
    epochs: int


@dataclass(frozen=True, kw_only=True)
class Winner(Finalist):
    """The fully trained best: its network, and its accuracy on the test split besides."""

    module: nn.Module
    test_accuracy: float


@dataclass(frozen=True)
class HalvingResult:
    """What was trained, rung by rung.

    Attributes:
        rungs: The finalists of each rung, best first.
        compared: The very first one, as trained from the weights that served it less well; None
            if it was not, or diverged.
    """

    rungs: tuple[tuple[Finalist, ...], ...] = ()
    compared: Finalist | None = None

    @property
    def first_rung(self) -> tuple[Finalist, ...]:
        """All that were trained equally long; empty where nothing was trained."""
        return self.rungs[0] if self.rungs else ()

    @property
    def standing(self) -> tuple[Finalist, ...]:
        """Each finalist once, on its highest rung: the best of the highest rung first."""
        found: dict[int, Finalist] = {}
        for rung in reversed(self.rungs):
            for finalist in rung:
                found.setdefault(finalist.trial.number, finalist)
        return tuple(found.values())

    def then(self, *rung: Finalist) -> HalvingResult:
        """The same with a further rung on top."""
        return HalvingResult((*self.rungs, rung), self.compared)


class SuccessiveHalving:
    """Trains a few architectures, keeping every result in the record as soon as it is there.

    Results are kept by hash, number of epochs and initial weights, so a repeated command trains
    only what it has not trained before, and goes on from the checkpoint of what was interrupted.
    What fails, whatever it raises, is a result too: the network may hold anybody's code. Only
    what the files raise is none, as it says nothing of the network.

    Weights of a hypernetwork that was trained in the space save epochs, those of a poor one cost
    accuracy that even long training does not win back. So the first finalist is trained from
    predicted and from default weights, and all else starts from what was better for it. Those of
    a hypernetwork trained in another space are for ranking alone: see ``benchmarks/regnet``.

    Args:
        space: Full-size space.
        trainer: Trains from predicted or default weights.
        record: Keeps the results.
        folder: Keeps checkpoints and the best model; None keeps neither.
        objectives: What is searched for; decides which finalists are trained longer.
        listen: Is told of the progress.
    """

    def __init__(
        self,
        space: SearchSpace,
        trainer: Trainer,
        record: StudyRecord,
        folder: RunFolder | None,
        objectives: Sequence[Objective],
        listen: Listener,
    ) -> None:
        self._space = space
        self._trainer = trainer
        self._record = record
        self._folder = folder
        self._objectives = objectives
        self._listen = listen
        may_start = trainer.data.task.traits.starts_predicted
        # weights learnt elsewhere give good and bad networks nearly equal accuracies in the first
        # hundreds of steps, and most end lower
        self._init = PREDICTED if trainer.knows(space) and may_start else DEFAULT

    def run(self, choose: Choose, rungs: Sequence[Rung]) -> HalvingResult:
        """Train finalists rung by rung, fewer of them and longer each time.

        The best of a rung enter the next one: those of the first Pareto fronts, where the
        accuracy after training takes the place of what predicted weights told. Where a training
        diverges or fails otherwise, the next one takes its place.

        Args:
            choose: Names the architectures of the first rung, one after another.
            rungs: How many are trained for how long; the first rung may hold fewer.

        Raises:
            TrainingError: All trainings of a rung diverged or failed.
        """
        first = choose({})
        if first is None or not rungs:
            return HalvingResult()
        compared = None
        if self._init == PREDICTED:
            compared = self._choose_init(first, rungs[0].epochs)
        tried: dict[int, float | None] = {}
        trained = self._rung(1, rungs[0], _chosen(choose, rungs[0].size, tried), tried)
        halved = HalvingResult((trained,), compared)
        for number, rung in enumerate(rungs[1:], 2):
            next_in_line = (finalist.trial for finalist in halved.standing)
            halved = halved.then(*self._rung(number, rung, next_in_line, {}))
        return halved

    def train_winner(self, trials: Sequence[FrozenTrial], epochs: int) -> Winner:
        """Train the first to the end, test it once, and export it.

        Where that fails, the next one in the order given takes its place.

        Raises:
            TrainingError: It failed for all.
        """
        for trial, *others in (trials[place:] for place in range(len(trials))):
            try:
                return self._full_training(trial, epochs)
            except TrainingError as error:
                text = f"The final training of trial {trial.number} was given up: {error.message}"
                if not others:
                    raise TrainingError(text, hint=_WHEN_ALL_FAIL) from error
                self._listen(Noted(text=f"{text}; the next finalist takes its place."))
        raise AssertionError("there is nothing to train")

    def _choose_init(self, trial: FrozenTrial, epochs: int) -> Finalist | None:
        """Find the initial weights that serve a trial better; its result from the others."""
        reached: dict[str, float] = {}
        with stage(self._listen, COMPARISON, 2) as progress:
            for done, init in enumerate((PREDICTED, DEFAULT), 1):
                with suppress(TrainingError):
                    reached[init] = self._short_training(trial, epochs, init, COMPARISON)
                    progress.advance(done, val_accuracy=reached[init])
        self._init = max(reached, key=reached.__getitem__, default=PREDICTED)
        if self._init == DEFAULT:
            accuracies = ", ".join(f"{value:.1%} from {init}" for init, value in reached.items())
            self._listen(
                Noted(text=f"Training starts from default weights, which do better: {accuracies}.")
            )
        others = [value for init, value in reached.items() if init != self._init]
        return next((Finalist(trial=trial, val_accuracy=v, epochs=epochs) for v in others), None)

    def _rung(
        self,
        number: int,
        rung: Rung,
        trials: Iterable[FrozenTrial],
        tried: dict[int, float | None],
    ) -> tuple[Finalist, ...]:
        """Train the first trials that can be trained, as many as the rung holds; best first.

        Args:
            number: Of the rung, from 1.
            rung: How many, and for how long.
            trials: In the order of training.
            tried: Learns the accuracy of each by its number; None where the training failed.
        """
        name, failure = f"rung {number}", ""
        trained: list[Finalist] = []
        with stage(self._listen, name, rung.size) as progress:
            for trial in trials:
                try:
                    accuracy = self._short_training(trial, rung.epochs, self._init, name)
                except TrainingError as error:
                    tried[trial.number] = None
                    failure = f"Trial {trial.number} was left out of {name}: {error.message}."
                    self._listen(Noted(text=failure))
                    continue
                tried[trial.number] = accuracy
                trained.append(Finalist(trial=trial, val_accuracy=accuracy, epochs=rung.epochs))
                best = max(finalist.val_accuracy for finalist in trained)
                progress.advance(len(trained), val_accuracy=accuracy, best_val_accuracy=best)
                if len(trained) == rung.size:
                    break
        if failure and not trained:
            raise TrainingError(failure, hint=_WHEN_ALL_FAIL)
        accuracies = [finalist.val_accuracy for finalist in trained]
        order = by_training([f.trial for f in trained], accuracies, self._objectives)
        return tuple(trained[index] for index in order)

    def _full_training(self, trial: FrozenTrial, epochs: int) -> Winner:
        name = _name("final", trial, epochs, self._init)
        known = self._known(name)
        if known is not None and self._folder is not None and self._is_exported(name):
            module = load_module(self._network(trial), self._folder.best, own=self._own(trial))
            return Winner(trial=trial, epochs=epochs, module=module, **known)
        with self._failures_kept(name):
            own = self._own(trial)
            trained = self._train(name, trial, own, epochs, self._init, self._listen)
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
                graph = self._network(trial)
                self._record.check()
                save(graph, trained.module, self._folder.best, own=own, data=data, card=card)
        if self._folder is not None:
            self._record.write("exported", name)
        self._record.write(_name("finalist", trial, epochs, self._init), trained.ranking_accuracy)
        self._record.write(name, figures)
        self._record.spend("train", trained.seconds + time.monotonic() - began)
        self._forget(name)
        return Winner(trial=trial, epochs=epochs, module=trained.module, **figures)

    def _short_training(self, trial: FrozenTrial, epochs: int, init: str, purpose: str) -> float:
        name = _name("finalist", trial, epochs, init)
        known = self._known(name)
        if known is not None:
            return float(known)
        with self._failures_kept(name):
            trained = self._train(name, trial, self._own(trial), epochs, init, ignore)
        self._record.write(name, trained.ranking_accuracy)
        self._record.spend(purpose, trained.seconds)
        self._forget(name)
        return trained.ranking_accuracy

    def _train(
        self,
        name: str,
        trial: FrozenTrial,
        own: OwnModule | None,
        epochs: int,
        init: str,
        listen: Listener,
    ) -> Trained:
        return self._trainer.train(
            self._network(trial),
            epochs,
            init,
            overrides=self._space.training_overrides(trial.params),
            own=own,
            checkpoint=self._checkpoint(name, own=own is not None),
            listen=self._checked(listen),
        )

    def _checked(self, listen: Listener) -> Listener:
        """Look before each epoch is written whether it may be."""

        def checked(event: Event) -> None:
            listen(event)
            self._record.check()

        return checked

    @contextmanager
    def _failures_kept(self, name: str) -> Iterator[None]:
        """Remember that a training, or what follows it, failed: it would do so again.

        Raises:
            TrainingError: It failed.
        """
        try:
            with contained("the training"):
                yield
        except (OSError, CheckpointError, StudyError):
            raise
        except Exception as error:
            reason = _reason(error)
            self._record.write(name, {"diverged": reason})
            self._forget(name)
            raise TrainingError(reason) from error

    def _known(self, name: str) -> Any:
        """What a training of that name has brought; None if there was none.

        Raises:
            TrainingError: It failed.
        """
        known = self._record.read(name)
        if known is not None:
            self._forget(name)  # left by a process that was killed in between
        if isinstance(known, dict) and "diverged" in known:
            raise TrainingError(known["diverged"])
        return known

    def _network(self, trial: FrozenTrial) -> Graph:
        return candidate(self._space, trial.params).network

    def _own(self, trial: FrozenTrial) -> OwnModule | None:
        return candidate(self._space, trial.params).module(self._trainer.seed)

    def _is_exported(self, name: str) -> bool:
        folder = self._folder
        written = folder is not None and Files(folder.best).weights.is_file()
        return written and bool(self._record.read("exported") == name)

    def _checkpoint(self, name: str, *, own: bool) -> Path | None:
        """The state of a training; that of a module of the user's has other tensors."""
        return None if self._folder is None else self._folder.checkpoint(name + "-own" * own)

    def _forget(self, name: str) -> None:
        """Remove the checkpoint of a training whose result is safe."""
        for own in (False, True):
            checkpoint = self._checkpoint(name, own=own)
            if checkpoint is not None:
                checkpoint.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    """What went wrong with a network, in one line."""
    if isinstance(error, NasError):
        return error.message
    kinds = (MemoryError, torch.OutOfMemoryError)
    if isinstance(error, kinds) or "DefaultCPUAllocator" in str(error):
        return "it needs more memory than there is"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _name(kind: str, trial: FrozenTrial, epochs: int, init: str) -> str:
    return f"{kind}-{trial.user_attrs['hash']}-{epochs}-{init}"


def _chosen(choose: Choose, size: int, tried: Mapping[int, float | None]) -> Iterator[FrozenTrial]:
    """Choices, each made when what was ``tried`` before it is known.

    There are at most ``size``, and a few more where all of these fail.
    """
    for place in range(size + SUBSTITUTES):
        if place >= size and any(accuracy is not None for accuracy in tried.values()):
            return
        trial = choose(tried)
        if trial is None:
            return
        yield trial
