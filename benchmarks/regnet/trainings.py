"""Trainings of single networks, kept in a file so that none is done twice."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from time import process_time
from typing import TYPE_CHECKING, Any

import torch

import search_spaces
from nas.analysis.cost import cost
from nas.data import catalog
from nas.files import write_json
from nas.training.config import default_training
from nas.training.evaluate import evaluate
from nas.training.train import train

if TYPE_CHECKING:
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How small everything is.

    Attributes:
        space: The space, sized for the data set's own resolution.
        resolution: Side of the images.
        images: Training images.
        ranking: Images of the ranking split.
        epochs: Passes over them.
        limit: Most multiply-accumulates of a network at that resolution.
    """

    space: str
    resolution: int
    images: int
    ranking: int
    epochs: int
    limit: float

    def data(self, data_dir: Path | None) -> Dataset:
        """CIFAR-10, part of it."""
        data = catalog.load("cifar10", data_dir=data_dir).at(self.resolution)
        parts = data.train.spread(self.images), data.val.spread(self.ranking)
        return replace(data, train=parts[0], val=parts[1])

    def space_for(self, data: Dataset) -> SearchSpace:
        """The space at CIFAR-10's sizes, and at the resolution of the data."""
        return search_spaces.get(self.space, replace(data.task, resolution=32)).at(
            resolution=self.resolution
        )


@dataclass(frozen=True)
class Training:
    """What one training brought.

    Attributes:
        architecture: The network.
        macs: What it costs.
        val: Accuracy on the ranking split.
        test: Accuracy on the test split.
        seconds: Of the processor, evaluation on the test split left out.
    """

    architecture: str
    macs: int
    val: float
    test: float
    seconds: float


class Trainings:
    """All networks trained so far, by architecture.

    Args:
        scale: How they are trained.
        data: On what.
        file: Where they are kept.
        predictor: Predicts the weights they start from; torch's own defaults if None.
    """

    def __init__(
        self,
        scale: Scale,
        data: Dataset,
        file: Path,
        predictor: WeightPredictor | None = None,
    ) -> None:
        self._scale = scale
        self._data = data
        self._file = file
        self._predictor = predictor
        document: dict[str, Any] = {"scale": asdict(scale), "rows": []}
        if file.exists():
            document = json.loads(file.read_text(encoding="utf-8"))
        if document["scale"] != asdict(scale):
            raise SystemExit(f"{file} holds trainings at another scale; choose another --out")
        self._known = {row["architecture"]: Training(**row) for row in document["rows"]}

    def __call__(self, candidate: Candidate) -> Training:
        """The training of a network, done now if it is not in the file."""
        if candidate.architecture not in self._known:
            self._known[candidate.architecture] = self._train(candidate)
            rows = [asdict(training) for training in self._known.values()]
            write_json(self._file, {"scale": asdict(self._scale), "rows": rows})
        return self._known[candidate.architecture]

    def known(self) -> list[Training]:
        """All that were done."""
        return list(self._known.values())

    def _train(self, candidate: Candidate) -> Training:
        start = process_time()
        config = default_training(self._data.task, self._scale.epochs)
        params = None
        if self._predictor is not None:
            with torch.no_grad():
                (params,) = self._predictor.predict([candidate.network])
        trained = train(candidate.network, self._data, config, params=params, seed=0)
        seconds = process_time() - start
        with torch.no_grad():
            test = evaluate(trained.module, self._data.test).accuracy
        macs = cost(candidate.network).macs
        return Training(
            candidate.architecture, macs, trained.val_accuracy, test, round(seconds, 2)
        )
