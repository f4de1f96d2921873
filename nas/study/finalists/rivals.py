"""Rivals: architectures that a search has to beat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from nas.study.finalists.contender import Contender
from nas.study.record.trial_reading import design_of, figure_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.trial import FrozenTrial

    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.task.kind import TaskKind

RivalKind = Literal["baseline", "known design", "largest"]

SURE = 2.0
"""Number of standard errors from which a lead counts as certain."""


class Measured(Protocol):
    """An accuracy on the ranking split."""

    @property
    def val_accuracy(self) -> float:
        """The accuracy; the mean over several splits."""

    @property
    def splits(self) -> int:
        """Number of draws of the ranking split on which it was measured."""


@dataclass(frozen=True, kw_only=True)
class Rival:
    """An architecture that is trained beside the finalists.

    Attributes:
        name: Name of the baseline or the known design, or ``largest by MACs``.
        kind: ``baseline``, ``known design`` or ``largest``.
        contender: The architecture.
    """

    name: str
    kind: RivalKind
    contender: Contender


@dataclass(frozen=True, kw_only=True)
class Lead:
    """The lead of the best architecture over a rival after trainings of equal length.

    Attributes:
        epochs: Length of both trainings.
        difference: Accuracy of the best on the ranking split minus that of the rival.
        error: Standard error of the difference, as if measured on two separate sets of samples.
    """

    epochs: int
    difference: float
    error: float

    @property
    def is_sure(self) -> bool:
        """Whether the difference is larger than chance explains."""
        return self.difference > SURE * self.error


def rivals_of(
    space: SearchSpace, trials: Sequence[FrozenTrial], baselines: Mapping[str, Candidate]
) -> tuple[Rival, ...]:
    """The baselines, the first known design of the space that was scored, and the largest network.

    Args:
        space: The space that is searched.
        trials: Scored trials of different architectures.
        baselines: Architectures outside the space, by name.
    """
    found = [
        Rival(name=name, kind="baseline", contender=Contender.of_baseline(name, baseline))
        for name, baseline in baselines.items()
    ]
    designs = {design_of(trial): trial for trial in trials}
    first = next((name for name in space.known() if name in designs), None)
    if first is not None:
        contender = Contender.of_trial(space, designs[first])
        found.append(Rival(name=first, kind="known design", contender=contender))
    if trials:
        largest = max(trials, key=lambda trial: (figure_of(trial, "macs"), -trial.number))
        contender = Contender.of_trial(space, largest)
        found.append(Rival(name="largest by MACs", kind="largest", contender=contender))
    different: dict[str, Rival] = {}
    for rival in found:
        different.setdefault(rival.contender.hash, rival)
    return tuple(different.values())


def lead(
    best: Mapping[int, Measured], rival: Mapping[int, Measured], samples: int, kind: TaskKind
) -> Lead | None:
    """Compare two architectures after their longest trainings of equal length.

    Args:
        best: Trainings of one architecture by length.
        rival: Trainings of the other by length.
        samples: Size of the ranking split.
        kind: The kind of task, which gives the error of its metric.

    Returns:
        None if no trainings are of equal length.
    """
    shared = best.keys() & rival.keys()
    if not shared:
        return None
    epochs = max(shared)
    first, second = best[epochs], rival[epochs]
    errors = (kind.metric_error(one.val_accuracy, one.splits * samples) for one in (first, second))
    difference = first.val_accuracy - second.val_accuracy
    return Lead(epochs=epochs, difference=difference, error=math.hypot(*errors))
