"""Trainings that are looked up in a table, in the place of the product's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from nas.training.starts.default import DEFAULT
from nas.training.train import Trained

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.modules.own_module import OwnModule
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace


@dataclass(frozen=True, eq=False)
class LookupTrainer:
    """Stands in for a search's :class:`nas.study.finalists.trainer.CandidateTrainer`.

    Attributes:
        data: The data set of the table.
        accuracy: What an architecture has reached on the ranking split, by its notation.
        seed: Of the search.
    """

    data: Dataset
    accuracy: Callable[[str], float]
    seed: int = 0

    def starts(self, space: SearchSpace) -> tuple[str, ...]:
        """One start: published trainings began with random weights."""
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
        """The published accuracy."""
        accuracy = self.accuracy(candidate.architecture)
        return Trained(nn.Identity(), accuracy, accuracy, (), 0.0)

    def test_accuracy(self, module: nn.Module) -> float:
        """Unused: a search on a table ends with its first rung."""
        raise NotImplementedError

    def seconds_per_epoch(self, candidate: Candidate) -> float:
        """No time."""
        return 0.0
