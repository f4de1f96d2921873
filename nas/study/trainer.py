"""Training of networks that start from predicted or from default weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from nas.train.config import default_training as usual
from nas.train.evaluate import evaluate
from nas.train.train import train

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.modules.own_module import OwnModule
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.search_space import SearchSpace
    from nas.train.train import Trained


PREDICTED, DEFAULT = "predicted", "default"
"""What a training can start from: a hypernetwork's weights, or torch's own initialisation."""


@dataclass(frozen=True, eq=False)
class Trainer:
    """Trains full-size networks, from the weights a hypernetwork predicts for them if asked to.

    Attributes:
        predictor: Predicts the weights training starts from.
        data: At the full resolution.
        device: Where to train.
        seed: Fixes the order of the images and everything random in training.
    """

    predictor: WeightPredictor
    data: Dataset
    device: torch.device
    seed: int = 0

    def knows(self, space: SearchSpace) -> bool:
        """Whether the hypernetwork was trained in a space."""
        return self.predictor.card.space == space.name

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
        """Train a network; one that was interrupted goes on from its checkpoint.

        Args:
            graph: The network.
            epochs: Length of the training.
            init: Which weights it starts from.
            overrides: Fields of the training that differ from what is usual; ``epochs`` is not
                among them, as the rungs of a search decide on it.
            own: The network as a module of the user's, which is trained in its place.
            checkpoint: File of the state.
            listen: Hears of every epoch.

        Raises:
            TrainingError: The loss is no longer finite.
        """
        params = None
        if init == PREDICTED:
            with torch.no_grad():
                (params,) = self.predictor.predict([graph])
        return train(
            graph,
            self.data,
            replace(usual(self.data.task), **{**(overrides or {}), "epochs": epochs}),
            params=params,
            own=own,
            seed=self.seed,
            device=self.device,
            listen=listen,
            checkpoint=checkpoint,
        )

    def test_accuracy(self, module: nn.Module) -> float:
        """Accuracy on the test split."""
        return evaluate(module, self.data.test, self.data.task.traits, device=self.device).accuracy
