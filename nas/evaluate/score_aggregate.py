"""The default score: an aggregate of several figures of a network."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from nas.analysis.agreement import kendall
from nas.analysis.cost import NO_PATH
from nas.analysis.figure import FIGURES, oriented
from nas.errors import ConfigError
from nas.task.images import SCORE_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PHI = NormalDist().cdf


@dataclass(frozen=True)
class ScoreAggregate:
    """A weighted mean of figures, each on a scale from 0 (poor) to 1 (good).

    A figure becomes Φ(±(figure - median) / spread), about its rank among random architectures.
    Median and spread are fixed once, so a score depends on the network alone, and scores of
    different runs are comparable. A figure that is not finite counts as the poorest.

    Attributes:
        reference: Median and spread of each figure over random architectures.
        weights: Weight of each figure; a negative weight reverses the usual direction of the
            figure.

    Raises:
        ConfigError: The reference lacks a figure of the weights, or one is not a finite median and
            a positive spread.

    Example:
        >>> reference = {"macs": [10.0, 2.0], "brier": [0.5, 0.1]}
        >>> aggregate = ScoreAggregate(reference, {"macs": 1.0, "brier": 1.0})
        >>> aggregate({"macs": 10, "brier": 0.5})
        0.5
        >>> round(aggregate({"macs": 12, "brier": 0.4}), 2)
        0.84
    """

    reference: Mapping[str, Sequence[float]]
    weights: Mapping[str, float] = field(default_factory=lambda: SCORE_WEIGHTS)

    def __post_init__(self) -> None:
        for name in self.weights:
            entry = self.reference.get(name)
            if not _is_scale(entry):
                raise ConfigError(
                    f"expected the median and the spread of {name} in a reference, got {entry!r}"
                )

    def __call__(self, figures: Mapping[str, float]) -> float:
        """The score, from 0 to 1, higher better, of a network with these figures."""
        total = sum(
            abs(weight) * self._grade(name, figures[name]) for name, weight in self.weights.items()
        )
        return total / sum(map(abs, self.weights.values()))

    def _grade(self, name: str, figure: float) -> float:
        if not math.isfinite(figure):
            return 0.0
        median, spread = self.reference[name]
        deviations = (figure - median) / spread
        lower = (FIGURES.get(name).promises == "lower") != (self.weights[name] < 0)
        return _PHI(-deviations if lower else deviations)

    @staticmethod
    def fit(
        rows: Sequence[Mapping[str, float]], weights: Mapping[str, float] | None = None
    ) -> ScoreAggregate:
        """The aggregate with these architectures as its reference.

        Args:
            rows: All figures of the weights for each architecture.
            weights: Weight of each figure; :data:`nas.task.images.SCORE_WEIGHTS` if None.
        """
        weights = SCORE_WEIGHTS if weights is None else weights
        return ScoreAggregate({name: _scale(_known(name, rows)) for name in weights}, weights)


def confirmed(
    weights: Mapping[str, float], rows: Sequence[Mapping[str, float]]
) -> Mapping[str, float]:
    """Weights of a score without figures that get worse as networks grow.

    More capacity helps in every known space. Where networks of more multiply-accumulates seem
    worse by a figure with predicted weights, the prediction is worse, not the network: a
    hypernetwork predicts poorly what is deeper or wider than all it has learnt from.

    Args:
        weights: Weight of each figure.
        rows: Figures of random architectures of a space.
    """
    macs = [row["macs"] for row in rows]

    def grows(name: str) -> bool:
        return (kendall(oriented(name, [row[name] for row in rows]), macs) or 0.0) >= 0

    measured = [name for name in weights if FIGURES.get(name).known == "weights"]
    refuted = {name for name in measured if rows and not grows(name)}
    return {name: weight for name, weight in weights.items() if name not in refuted}


def _known(name: str, rows: Sequence[Mapping[str, float]]) -> list[float]:
    """Values of a figure in the rows; networks with constant output have no shortest path."""
    figures = [row[name] for row in rows]
    if name == "shortest_path":
        return [length for length in figures if length < NO_PATH]
    return figures


def _scale(figures: Sequence[float]) -> list[float]:
    """Median, and half the distance from the 16th to the 84th percentile.

    The latter is the standard deviation of a normal distribution. Where it is zero the standard
    deviation replaces it, and 1 where all figures are equal.
    """
    finite = np.array([figure for figure in figures if math.isfinite(figure)], dtype=float)
    if not finite.size:
        return [0.0, 1.0]
    low, median, high = np.quantile(finite, (0.16, 0.5, 0.84))
    return [float(median), float((high - low) / 2 or finite.std() or 1.0)]


def _is_scale(entry: object) -> bool:
    return (
        isinstance(entry, list | tuple)
        and len(entry) == 2
        and all(isinstance(number, int | float) and math.isfinite(number) for number in entry)
        and entry[1] > 0
    )
