"""Trainings of networks, kept in a document so that none is done twice."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from time import process_time
from typing import TYPE_CHECKING

import torch

from nas.training.config import default_training
from nas.training.evaluate import evaluate
from nas.training.train import train

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from nas.data.dataset import Dataset
    from nas.space.search_space import SearchSpace


@dataclass(frozen=True, kw_only=True)
class Training:
    """The result of one complete training.

    Attributes:
        architecture: The network in the notation of its space.
        epochs: Length of the training.
        seed: Seed of the initial weights and of the order of images.
        val: Accuracy on the ranking split.
        test: Accuracy on the test split.
        seconds: Of the processor, without the evaluation on the test split.
    """

    architecture: str
    epochs: int
    seed: int
    val: float
    test: float
    seconds: float

    @property
    def accuracy(self) -> float:
        """The mean of both accuracies, whose error is less than that of either."""
        return (self.val + self.test) / 2


class Trainings:
    """Trains networks with the product's default training, each once.

    Args:
        space: The space of the networks.
        data: The data set.
        rows: Trainings that are done.
        keep: Receives all rows after each training.
    """

    def __init__(
        self,
        space: SearchSpace,
        data: Dataset,
        rows: Sequence[dict[str, Any]],
        keep: Callable[[list[dict[str, Any]]], None],
    ) -> None:
        self._space = space
        self._data = data
        self._keep = keep
        trainings = (Training(**row) for row in rows)
        self._known = {(t.architecture, t.epochs, t.seed): t for t in trainings}

    def __call__(self, architecture: str, epochs: int, seed: int = 0) -> Training:
        """The training of a network, done now unless it is known."""
        key = architecture, epochs, seed
        if key not in self._known:
            self._known[key] = self._train(*key)
            self._keep([asdict(training) for training in self._known.values()])
        return self._known[key]

    def _train(self, architecture: str, epochs: int, seed: int) -> Training:
        network = self._space.graph(architecture).simplified
        config = default_training(self._data.task, epochs)
        start = process_time()
        trained = train(network, self._data, config, seed=seed)
        seconds = process_time() - start
        with torch.no_grad():
            test = evaluate(trained.module, self._data.test, self._data.task.traits).accuracy
        return Training(
            architecture=architecture,
            epochs=epochs,
            seed=seed,
            val=round(trained.val_accuracy, 4),
            test=round(test, 4),
            seconds=round(seconds, 2),
        )
