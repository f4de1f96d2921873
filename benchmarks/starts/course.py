"""Accuracy along trainings of one network from each start."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from time import process_time
from typing import TYPE_CHECKING

import torch

from nas.config import from_mapping
from nas.errors import TrainingError
from nas.evaluate.predicted_module import predict_module
from nas.files import write_json
from nas.modules.batch_statistics import measure_statistics
from nas.modules.calling import as_given, graph_call
from nas.modules.classifier import Classifier
from nas.seeding import derive, generator, seeded
from nas.training.config import TrainConfig
from nas.training.descent import Descent
from nas.training.evaluate import evaluate
from nas.training.starts.given import given_by
from nas.training.starts.start import STARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torch import nn

    from nas.data.dataset import Dataset
    from nas.modules.calling import Arguments
    from nas.predictor.weight_predictor import WeightPredictor
    from nas.task.task import Task

CHECKED = (0, 10, 20, 30, 45, 60, 80, 100, 140, 180, 240, 300, 400, 550, 750, 1000)
"""Steps after which accuracy is measured."""
SCREEN = 30
"""Steps at every rate; the best one goes on."""
RATES = {"sgd": (0.002, 0.006, 0.02, 0.06, 0.2), "adam": (1e-3, 3e-3, 1e-2)}
_WARMUP = 10
"""Steps in which the rate rises; it is constant then."""
_BATCH = 64
_CALIBRATED = 256
"""Training samples on which batch norms measure their statistics."""
_JUDGED = 1000
"""Samples of the ranking split on which accuracy is measured."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """Trainings of a network from one start.

    Attributes:
        start: Its name.
        optimiser: ``sgd`` or ``adam``.
        seed: Of the default weights, of the start, and of the order of the samples.
        rate: The rate of the highest accuracy after :data:`SCREEN` steps.
        cost: Time of the start in training steps, both in processor time.
        steps: After which accuracy was measured.
        accuracy: On the ranking split, one for each of ``steps``.
    """

    start: str
    optimiser: str
    seed: int
    rate: float
    cost: float
    steps: Sequence[int]
    accuracy: Sequence[float]

    @property
    def key(self) -> tuple[str, str, int, int]:
        """What distinguishes it from others of the same network."""
        return self.start, self.optimiser, self.seed, self.steps[-1]


def read(file: Path) -> list[Course]:
    """The courses in a file, none if it does not exist."""
    if not file.exists():
        return []
    found = json.loads(file.read_text(encoding="utf-8"))["courses"]
    return [from_mapping(Course, entry) for entry in found]


def add(file: Path, course: Course) -> None:
    """Append a course to a file."""
    found = [*read(file), course]
    write_json(file, {"courses": [asdict(one) for one in found]})


def run_course(
    make: Callable[[Task], nn.Module],
    data: Dataset,
    start: str,
    *,
    optimiser: str,
    seed: int,
    steps: int,
    hypernet: WeightPredictor | None = None,
) -> Course:
    """Train a network from one start: briefly at each rate, to the end at the best."""
    best: _Training | None = None
    for rate in RATES[optimiser]:
        training = _Training(
            make, data, start, optimiser=optimiser, seed=seed, rate=rate, hypernet=hypernet
        )
        training.run(min(SCREEN, steps))
        if best is None or training.accuracy[-1] > best.accuracy[-1]:
            best = training
    assert best is not None
    best.run(steps)
    return Course(
        start=start,
        optimiser=optimiser,
        seed=seed,
        rate=best.rate,
        cost=best.cost,
        steps=tuple(best.steps),
        accuracy=tuple(best.accuracy),
    )


class _Training:
    """A training at a constant rate after a short warmup."""

    def __init__(
        self,
        make: Callable[[Task], nn.Module],
        data: Dataset,
        start: str,
        *,
        optimiser: str,
        seed: int,
        rate: float,
        hypernet: WeightPredictor | None,
    ) -> None:
        self.rate = rate
        self.steps: list[int] = []
        self.accuracy: list[float] = []
        self._data = data
        self._calibration = data.train.spread(_CALIBRATED).whole().inputs
        self._judged = data.val.spread(_JUDGED)
        self._draw = generator(seed, "order")
        with seeded(derive(seed, "weights")):
            network = make(data.task)
        call: Arguments = as_given
        if data.task.traits.on_graph:
            call = graph_call(network, *data.train.whole().inputs)
        self._module = Classifier(network, arguments=call)
        begun = process_time()
        how = STARTS.get(start)
        given = given_by(data, samples=how.samples, seed=seed)
        if hypernet is not None:
            given = replace(
                given, predict=lambda _: predict_module(hypernet, network, given.inputs)
            )
        how.apply(self._module, given)
        self._start_seconds = process_time() - begun
        self._step_seconds = 0.0
        config = TrainConfig(optimiser=optimiser, lr=rate)
        self._descent = Descent(self._module, config, data.task.traits, torch.device("cpu"))
        self._done = 0
        self._diverged = False
        self._check()

    @property
    def cost(self) -> float:
        """Steps that take as long as the start."""
        return self._start_seconds * self._done / self._step_seconds

    def run(self, steps: int) -> None:
        """Train on, up to this number of steps in all."""
        self._module.train()
        while self._done < steps:
            batch = self._data.train.drawn(_BATCH, self._draw)
            batch = self._data.task.traits.vary(batch, self._data.flip, self._draw)
            begun = process_time()
            if not self._diverged:
                try:
                    self._descent.step(
                        batch, min(1.0, (self._done + 1) / _WARMUP), where=f"step {self._done}"
                    )
                except TrainingError:
                    self._diverged = True
            self._step_seconds += process_time() - begun
            self._done += 1
            if self._done in CHECKED:
                self._check()

    def _check(self) -> None:
        self.steps.append(self._done)
        if self._diverged:
            self.accuracy.append(0.0)
            return
        measure_statistics(self._module, *self._calibration)
        kind = self._data.task.traits
        found = evaluate(self._module, self._judged, kind, device=torch.device("cpu"))
        self.accuracy.append(found.accuracy)
        self._module.train()
