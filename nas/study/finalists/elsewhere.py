"""Finalists trained by the workers of an executor."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from nas.compile.module import to_module
from nas.errors import UnfitWorkerError
from nas.evaluate.measured_elsewhere import ScoringMaterial
from nas.events import ignore, stage
from nas.files import there, writing
from nas.raised import error_text
from nas.space.candidate import candidate as replayed
from nas.study.finalists.trainer import Trainer
from nas.training.train import Trained

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.execution.crew import Crew, Job
    from nas.modules.own_module import OwnModule
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import Params, SearchSpace
    from nas.study.search_config import SearchConfig
    from nas.training.config import TrainConfig
    from nas.training.train import Epoch


@dataclass(frozen=True, kw_only=True)
class SearchMaterial(ScoringMaterial):
    """What workers need to score candidates and to train finalists.

    Attributes:
        resolution: Side of the images in pixels at which networks are trained.
        training: Settings of the trainings but for their length.
        seed: Fixes everything random in a training.
    """

    resolution: int
    training: TrainConfig
    seed: int

    @cached_property
    def trainer(self) -> Trainer:
        """Trains networks in this worker."""
        data = self.data.at(self.resolution).to(self.place)
        return Trainer(self.placed_predictor, data, self.training, self.place, self.seed)


def search_material(
    space: SearchSpace,
    data: Dataset,
    predictor: WeightPredictor,
    config: SearchConfig,
    device: torch.device,
) -> SearchMaterial:
    """The material of a search; each worker scores one network after another."""
    return SearchMaterial(
        predictor=predictor,
        data=data,
        scoring=replace(config.scoring, workers=1),
        device=device,
        resolution=space.task.resolution,
        training=config.training(data),
        seed=config.seed,
    )


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """A training, with the state of its module in place of the module."""

    state: dict[str, Tensor]
    val_accuracy: float
    ranking_accuracy: float
    history: tuple[Epoch, ...]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class _Order:
    """A training that was asked for.

    Attributes:
        module: Whether the user's own module is trained.
        is_here: Whether the worker has this machine's packages and files.
    """

    space: SearchSpace
    params: Params
    epochs: int
    start: str
    split: int
    module: bool
    is_here: bool
    checkpoint: Path | None


class TrainerElsewhere:
    """A :class:`nas.study.finalists.trainer.EarlyTrainer` whose trainings run in workers.

    Its trainings count as the seconds on the clock in which at least one of them ran.

    Args:
        crew: Workers with a :class:`SearchMaterial`.
        here: Does in this process what needs no worker.
    """

    def __init__(self, crew: Crew, here: Trainer) -> None:
        self._crew = crew
        self._here = here
        self._begun: dict[tuple[Any, ...], Job] = {}
        self._counted = -math.inf

    @property
    def data(self) -> Dataset:
        """The data at full resolution."""
        return self._here.data

    @property
    def seed(self) -> int:
        """Fixes everything random in a training."""
        return self._here.seed

    def starts(self, space: SearchSpace) -> tuple[str, ...]:
        """Starts that suit architectures of a space; the usual one first."""
        return self._here.starts(space)

    @property
    def parallel(self) -> int:
        """Number of trainings that can run at once."""
        return self._crew.size

    def begin(
        self,
        candidate: Candidate,
        epochs: int,
        start: str,
        *,
        split: int = 0,
        own: OwnModule | None = None,
        checkpoint: Path | None,
    ) -> None:
        """Begin a training as soon as a worker is free; :meth:`train` then waits for it.

        In threads it begins when it is waited for: it sets the random streams of the process.
        """
        if not self._crew.is_here:
            self._job(candidate, epochs, start, split, own, checkpoint)

    def withdraw(self) -> None:
        """Withdraw the trainings that wait for a worker; others go on."""
        self._begun = {key: job for key, job in self._begun.items() if not job.cancel()}

    def is_under_way(self, candidate: Candidate, epochs: int, start: str) -> bool:
        """Whether a training was asked for, not withdrawn, and not waited for yet."""
        return any(key[:3] == (candidate.hash, epochs, start) for key in self._begun)

    def train(
        self,
        candidate: Candidate,
        epochs: int,
        start: str,
        *,
        split: int = 0,
        own: OwnModule | None = None,
        checkpoint: Path | None,
        listen: Listener,
    ) -> Trained:
        """Train a candidate in a worker; see :class:`CandidateTrainer`.

        Raises:
            WorkerError: The training ended its workers.
        """
        job = self._job(candidate, epochs, start, split, own, checkpoint)
        with stage(listen, "train", epochs, steps="epochs") as progress:
            try:
                outcome: _Outcome = job.result()
            finally:
                self._begun = {key: known for key, known in self._begun.items() if known != job}
            last = outcome.history[-1]
            progress.advance(
                len(outcome.history), loss=last.train_loss, val_accuracy=last.val_accuracy
            )
        return Trained(
            self._module(candidate, own, outcome.state),
            outcome.val_accuracy,
            outcome.ranking_accuracy,
            outcome.history,
            self._seconds(outcome.seconds, job.ended),
        )

    def test_accuracy(self, module: nn.Module) -> float:
        """Accuracy on the test split."""
        return self._here.test_accuracy(module)

    def seconds_per_epoch(self, candidate: Candidate) -> float:
        """Seconds of one epoch of training in this process."""
        return self._here.seconds_per_epoch(candidate)

    def _job(
        self,
        candidate: Candidate,
        epochs: int,
        start: str,
        split: int,
        own: OwnModule | None,
        checkpoint: Path | None,
    ) -> Job:
        """The task of a training, given to a worker if it was not yet."""
        key = (candidate.hash, epochs, start, split, checkpoint)
        if key not in self._begun:
            if checkpoint is not None:
                with writing(checkpoint.parent):
                    checkpoint.parent.mkdir(parents=True, exist_ok=True)
            order = _Order(
                space=candidate.space,
                params=candidate.params,
                epochs=epochs,
                start=start,
                split=split,
                module=own is not None,
                is_here=self._crew.has_same_packages or self._crew.is_here,
                checkpoint=checkpoint,
            )
            self._begun[key] = self._crew.submit(_train, order)
        return self._begun[key]

    def _module(
        self, candidate: Candidate, own: OwnModule | None, state: dict[str, Tensor]
    ) -> nn.Module:
        """The trained module in this process."""
        if own is None:
            module: nn.Module = to_module(candidate.network).to(self._here.device)
            module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        else:
            module = own.module.to(self._here.device)
        module.load_state_dict(state)
        return module.eval()

    def _seconds(self, taken: float, ended: float) -> float:
        """The part of a training's time that no other one has counted."""
        counted = min(taken, max(0.0, ended - self._counted))
        self._counted = max(self._counted, ended)
        return counted


def _train(material: SearchMaterial, order: _Order) -> _Outcome:
    """Train in a worker; one that does not see the run folder keeps no checkpoint.

    Raises:
        UnfitWorkerError: Another machine lacks a file with which the driver built the network.
    """
    checkpoint = order.checkpoint
    try:
        one = replayed(order.space, order.params)
    except OSError as error:
        if order.is_here:
            raise
        raise UnfitWorkerError(error_text(error)) from None
    trained = material.trainer.train(
        one,
        order.epochs,
        order.start,
        split=order.split,
        own=one.module(material.seed) if order.module else None,
        checkpoint=checkpoint if checkpoint and there(checkpoint.parent, Path.is_dir) else None,
        listen=ignore,
    )
    return _Outcome(
        state={name: tensor.cpu() for name, tensor in trained.module.state_dict().items()},
        val_accuracy=trained.val_accuracy,
        ranking_accuracy=trained.ranking_accuracy,
        history=trained.history,
        seconds=trained.seconds,
    )
