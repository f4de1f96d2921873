"""Candidates measured by the workers of an executor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from torch import nn

from nas.errors import UnfitWorkerError, WorkerError
from nas.evaluate.estimate import Failure
from nas.evaluate.meter import TOGETHER, Meter
from nas.execution.crew import ATTEMPTS
from nas.execution.gpu import own_device
from nas.execution.task import ALARM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from nas.data.dataset import Dataset
    from nas.evaluate.estimate import ScoreConfig
    from nas.evaluate.meter import Architecture, Measured
    from nas.execution.crew import Crew, Job
    from nas.predictor.weight_predictor import WeightPredictor

_LIMITS = 2
"""Time limits of user code that one candidate may use up: of build() and of forward()."""

_SLACK = 10.0
"""Seconds for everything else that a worker does for a few candidates."""


@dataclass(frozen=True, kw_only=True)
class ScoringMaterial:
    """What workers need to score candidates.

    Attributes:
        predictor: Predicts the weights.
        data: The data at full resolution.
        scoring: Amount of data used.
        device: Device of each worker; ``cuda`` is the GPU that each has been given.
    """

    predictor: WeightPredictor
    data: Dataset
    scoring: ScoreConfig
    device: torch.device

    @cached_property
    def place(self) -> torch.device:
        """The device of this worker."""
        return own_device(self.device)

    @cached_property
    def meter(self) -> Meter:
        """Measures architectures in this worker."""
        return Meter(self.placed_predictor, self.data, self.scoring, device=self.place)

    @cached_property
    def placed_predictor(self) -> WeightPredictor:
        """The predictor on the device of this worker."""
        if isinstance(self.predictor, nn.Module):
            self.predictor.to(self.place)
        return self.predictor


def measured_elsewhere(
    crew: Crew, architectures: Sequence[Architecture]
) -> Iterator[Measured | Failure]:
    """Figures or failures in order, as :meth:`nas.evaluate.meter.Meter.measure` gives them.

    A task is as many architectures as are predicted at once, so results do not depend on the
    number of workers. If it loses its workers, each of its architectures is a task: first with
    weights predicted for all of them, so that its figures stay the same, then without the others.
    One that loses the worker of the last task has failed.

    Args:
        crew: Workers with a :class:`ScoringMaterial`.
        architectures: What to measure.
    """
    batches = [
        architectures[first : first + TOGETHER] for first in range(0, len(architectures), TOGETHER)
    ]
    jobs = [_measuring(crew, batch) for batch in batches]
    try:
        for batch, job in zip(batches, jobs, strict=True):
            try:
                yield from job.result()
            except WorkerError as lost:
                yield from _one_by_one(crew, batch, is_late=lost.status == ALARM)
    finally:
        for job in jobs:
            job.cancel()


def _one_by_one(
    crew: Crew, batch: Sequence[Architecture], *, is_late: bool
) -> Iterator[Measured | Failure]:
    """Measure each of a batch that lost its workers; after a time-out without the others."""
    for place, architecture in enumerate(batch):
        ways = [([architecture], None)] if is_late else [(batch, place), ([architecture], None)]
        for some, only in ways:
            try:
                (found,) = _measuring(crew, some, only, attempts=1).result()
                break
            except WorkerError as error:
                found = Failure(error.message)
        yield found


def _measuring(
    crew: Crew,
    batch: Sequence[Architecture],
    only: int | None = None,
    *,
    attempts: int = ATTEMPTS,
) -> Job:
    function = _measure if crew.has_same_packages else _measure_if_fit
    return crew.submit(function, batch, only, seconds=_seconds(batch), attempts=attempts)


def _measure(
    material: Any, architectures: Sequence[Architecture], only: int | None
) -> list[Measured | Failure]:
    return list(material.meter.measure(architectures, only))


def _measure_if_fit(
    material: Any, architectures: Sequence[Architecture], only: int | None
) -> list[Measured | Failure]:
    """Measure, unless this machine lacks what the driver had when it built the networks.

    Raises:
        UnfitWorkerError: It does.
    """
    found = _measure(material, architectures, only)
    for one in found:
        if isinstance(one, Failure) and one.of_machine:
            raise UnfitWorkerError(one.reason)
    return found


def _seconds(architectures: Sequence[Architecture]) -> float:
    """How long a worker may take at most."""
    return _SLACK + _LIMITS * sum(space.build_seconds for space, _ in architectures)
