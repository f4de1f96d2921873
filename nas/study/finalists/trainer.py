"""Training of one architecture of a search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from nas.training.evaluate import evaluate
from nas.training.pace import seconds_per_epoch
from nas.training.starts.begin import initial_weights
from nas.training.starts.default import DEFAULT
from nas.training.starts.initial import InitialWeights
from nas.training.starts.predicted import PREDICTED
from nas.training.starts.start import STARTS
from nas.training.train import train

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.modules.own_module import OwnModule
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.training.config import TrainConfig
    from nas.training.train import Trained


class CandidateTrainer(Protocol):
    """Trains the finalists of a search; a benchmark may look the results up instead."""

    @property
    def data(self) -> Dataset:
        """The data at full resolution."""

    @property
    def seed(self) -> int:
        """Fixes everything random in a training."""

    def starts(self, space: SearchSpace) -> tuple[str, ...]:
        """Starts that suit architectures of a space; the usual one first."""

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
        """Train a candidate; an interrupted training resumes from its checkpoint.

        Args:
            candidate: The architecture.
            epochs: Length of the training.
            start: Name of the start in :data:`nas.training.starts.STARTS`.
            split: 0 for the given splits; otherwise the seed of a new train and ranking split.
            own: The user's module of the network, which is trained in its place.
            checkpoint: File for the state of the training.
            listen: Receives the events of every epoch.

        Raises:
            TrainingError: The loss is no longer finite.
        """

    def test_accuracy(self, module: nn.Module) -> float:
        """Accuracy on the test split."""

    def seconds_per_epoch(self, candidate: Candidate) -> float:
        """Seconds of one epoch of training."""


@runtime_checkable
class EarlyTrainer(CandidateTrainer, Protocol):
    """A trainer that can begin trainings elsewhere before their results are asked for."""

    @property
    def parallel(self) -> int:
        """Number of trainings that can run at once."""

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
        """Begin a training as soon as a worker is free; :meth:`train` then waits for it."""

    def withdraw(self) -> None:
        """Withdraw the trainings that wait for a worker; others go on."""

    def is_under_way(self, candidate: Candidate, epochs: int, start: str) -> bool:
        """Whether a training was asked for, not withdrawn, and not waited for yet."""


@dataclass(frozen=True, eq=False)
class Trainer:
    """Trains full-size networks.

    Attributes:
        predictor: Predicts the weights of the start ``predicted``.
        data: The data at full resolution.
        training: Settings of the trainings but for their length.
        device: Where to train.
        seed: Fixes the order of the images and everything random in training.
    """

    predictor: WeightPredictor
    data: Dataset
    training: TrainConfig
    device: torch.device
    seed: int = 0

    def starts(self, space: SearchSpace) -> tuple[str, ...]:
        """Starts that suit architectures of a space; the usual one first.

        Weights of a hypernetwork from another space are for ranking alone: most trainings from
        them reach lower accuracies; see ``benchmarks/regnet``.
        """
        trained_here = self.predictor.card.space == space.name
        if trained_here and self.data.task.traits.starts_predicted:
            return DEFAULT, PREDICTED
        return (DEFAULT,)

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
        """Train a candidate; see :class:`CandidateTrainer`."""
        overrides = candidate.space.training_overrides(candidate.params)
        data = self.data.resplit(split) if split else self.data

        def made(seed: int) -> Mapping[str, Tensor] | None:
            params, _ = initial_weights(
                candidate.network,
                data,
                start,
                predictor=self.predictor,
                own=own,
                seed=seed,
                device=self.device,
            )
            return params

        reads = "samples" in STARTS.get(start).needs
        return train(
            candidate.network,
            data,
            replace(self.training, **{**overrides, "epochs": epochs}),
            params=InitialWeights(start, made) if reads else made(self.seed),
            own=own,
            seed=self.seed,
            device=self.device,
            listen=listen,
            checkpoint=checkpoint,
        )

    def test_accuracy(self, module: nn.Module) -> float:
        """Accuracy on the test split."""
        return evaluate(module, self.data.test, self.data.task.traits, device=self.device).accuracy

    def seconds_per_epoch(self, candidate: Candidate) -> float:
        """Seconds of one epoch of training, estimated from a few steps."""
        return seconds_per_epoch(candidate.network, self.data, self.training, device=self.device)
