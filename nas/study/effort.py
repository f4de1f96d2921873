"""What the stages of a search have cost, in one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SCORING = "predicted weights"
COMPARISON = "initial weights"

_PASSES_OF_A_STEP = 3
"""A step of training costs a forward pass, and twice as much for the backward pass."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What one stage has cost.

    Attributes:
        name: ``predicted weights`` for scoring, ``initial weights`` for the training that tells
            where to start from, and ``rung 1``, ``rung 2``, ... for those of the rungs.
        architectures: Number of architectures scored or trained; failures are left out.
        epochs: Length of each training; 0 where none was trained.
        equivalent_epochs: All of it in the unit of :class:`EquivalentEpoch`.
    """

    name: str
    architectures: int
    epochs: int
    equivalent_epochs: float


@dataclass(frozen=True, kw_only=True)
class EquivalentEpoch:
    """The unit of effort: one network trained on all training samples once.

    It counts multiply-accumulates of the networks alone, so it is the same on all machines; the
    hypernetwork, evaluations and everything else are left out.

    Attributes:
        macs: Of that network, for one sample.
        rows: Samples that run through it: training images, or all nodes of a graph.
    """

    macs: float
    rows: int

    def of_training(self, name: str, macs: Sequence[float], epochs: int) -> Effort:
        """The effort of training networks of these MACs."""
        worth = epochs * sum(macs) / self.macs
        return Effort(name=name, architectures=len(macs), epochs=epochs, equivalent_epochs=worth)

    def of_scoring(self, candidates: int, macs: float, rows: int) -> Effort:
        """The effort of forward passes alone: so many candidates of mean MACs, on so many samples.

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
