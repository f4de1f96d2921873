"""An architecture that may be trained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from nas.analysis.figure import graph_figures
from nas.space.candidate import candidate
from nas.study.record.trial_reading import figures_of, identity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optuna.trial import FrozenTrial

    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace


@dataclass(frozen=True, kw_only=True, eq=False)
class Contender:
    """An architecture that may be trained: that of a trial, or a baseline.

    Attributes:
        name: ``#12`` for trial 12, or the name of the baseline.
        hash: The canonical hash, by which its trainings are recorded.
        figures: The figures known before training, at least those of the graph.
        build: Builds the candidate.
        number: The number of the trial; None for a baseline.
    """

    name: str
    hash: str
    figures: Mapping[str, Any]
    build: Callable[[], Candidate]
    number: int | None = None

    @cached_property
    def candidate(self) -> Candidate:
        """The architecture at full size."""
        return self.build()

    @property
    def macs(self) -> float:
        """Multiply-accumulates for one sample."""
        return float(self.figures["macs"])

    @staticmethod
    def of_trial(space: SearchSpace, trial: FrozenTrial) -> Contender:
        """The architecture of a scored trial."""
        return Contender(
            name=f"#{trial.number}",
            hash=identity_of(trial),
            figures=figures_of(trial),
            build=partial(candidate, space, trial.params),
            number=trial.number,
        )

    @staticmethod
    def of_baseline(name: str, baseline: Candidate) -> Contender:
        """A baseline, which is compared with architectures of the space."""
        return Contender(
            name=name,
            hash=baseline.hash,
            figures=graph_figures(baseline.network),
            build=lambda: baseline,
        )
