"""Effort of the stages of a search, in one unit."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.study.finalists.trainings import Finalist

SCORING = "predicted weights"

_PASSES_OF_A_STEP = 3
"""A step of training costs a forward pass, and twice as much for the backward pass."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """The effort of one stage.

    Attributes:
        name: ``predicted weights`` for scoring, and ``rung 1``, ``rung 2``, ... for trainings.
        architectures: Number of architectures scored or trained; failures are left out.
        epochs: Length of each training; 0 for scoring.
        splits: Number of draws of the ranking split on which each training was repeated.
        equivalent_epochs: The whole effort in the unit of :class:`EquivalentEpoch`.
    """

    name: str
    architectures: int
    epochs: int
    equivalent_epochs: float
    splits: int = 1


@dataclass(frozen=True, kw_only=True)
class EquivalentEpoch:
    """The unit of effort: one network trained on all training samples once.

    The unit counts multiply-accumulates of the networks alone, so it is the same on all machines.
    It leaves out the hypernetwork, evaluations and everything else.

    Attributes:
        macs: Multiply-accumulates of this network for one sample.
        rows: Samples that run through it: training images, or all nodes of a graph.
    """

    macs: float
    rows: int

    def of_training(
        self, name: str, macs: Sequence[float], epochs: int, splits: int = 1
    ) -> Effort:
        """The effort of training networks of these MACs, each on several splits."""
        worth = epochs * splits * sum(macs) / self.macs
        return Effort(
            name=name,
            architectures=len(macs),
            epochs=epochs,
            equivalent_epochs=worth,
            splits=splits,
        )

    def of_scoring(self, candidates: int, macs: float, rows: int) -> Effort:
        """The effort of forward passes alone, for candidates of mean MACs on a number of samples.

        Example:
            >>> unit = EquivalentEpoch(macs=4e6, rows=1000)
            >>> unit.of_scoring(300, macs=1e6, rows=100).equivalent_epochs
            2.5
        """
        step = _PASSES_OF_A_STEP * self.rows * self.macs
        return Effort(
            name=SCORING,
            architectures=candidates,
            epochs=0,
            equivalent_epochs=candidates * rows * macs / step,
        )


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The extent of scoring.

    Attributes:
        candidates: Number of scored candidates.
        macs: Mean multiply-accumulates of their proxies for one sample.
        rows: Number of samples run through each proxy.
    """

    candidates: int
    macs: float
    rows: int


def efforts(
    scored: Scored, rungs: Sequence[Sequence[Finalist]], *, macs: float, rows: int
) -> tuple[Effort, ...]:
    """The effort of scoring and of each rung, in epochs of the mean network of the first rung.

    Args:
        scored: The extent of scoring.
        rungs: Finalists of each rung.
        macs: Multiply-accumulates that define the unit if nothing was trained.
        rows: Rows of the training split.
    """
    if rungs:
        macs = fmean(finalist.contender.macs for finalist in rungs[0])
    unit = EquivalentEpoch(macs=macs, rows=rows)
    trained = (
        unit.of_training(
            f"rung {number}",
            [one.contender.macs for one in rung],
            rung[0].epochs,
            rung[0].splits,
        )
        for number, rung in enumerate(rungs, 1)
    )
    return (unit.of_scoring(scored.candidates, scored.macs, scored.rows), *trained)
