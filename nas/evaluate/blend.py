"""The engine's own ranking: several figures of a network as one score."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from nas.analysis.cost import NO_PATH
from nas.errors import ConfigError
from nas.task.task import NODE_CLASSIFICATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECIPE: Mapping[str, float] = {
    "brier": 3.0,
    "naswot": 0.5,
    "macs": 0.5,
    "mean_path": 1.0,
    "shortest_path": 1.0,
}
"""Figures that make a score, with their weights: half is what predicted weights tell, a sixth
capacity, a sixth depth, and a sixth how well that depth can be trained. The poorer one is at what
the others are good at; see ``benchmarks/ranking``."""

GENERAL_RECIPE: Mapping[str, float] = {
    "brier": 2.0,
    "naswot": 0.5,
    "macs": 0.5,
    "shortest_path": 1.0,
}
"""The same for spaces that a hypernetwork was not trained in: half is what predicted weights tell,
a quarter capacity, and a quarter how well depth can be trained. Depth itself is left out: networks
gain by it in NAS-Bench-201 and lose in other spaces, and a search takes what is rewarded to its
end; see ``benchmarks/regnet``."""

NODE_RECIPE: Mapping[str, float] = {"accuracy": 1.0, "macs": 1.0, "mean_path": -1.0}
"""The same for networks that tell nodes: what predicted weights tell, by accuracy, as the networks
of some spaces squash their scores, which the Brier score takes for doubt; capacity, without which
the dropout that few labels need leaves little; and shallowness, as every layer of message passing
makes nodes more alike (Li et al. 2018, Deeper Insights into Graph Convolutional Networks)."""

LOWER_IS_BETTER = frozenset({"brier", "loss", "shortest_path"})
"""Figures whose lower values promise a more accurate network; of all others higher ones do."""

_PHI = NormalDist().cdf


@dataclass(frozen=True)
class Blend:
    """A weighted mean of figures, each on a scale from 0 (poor) to 1 (good).

    A figure becomes Φ(±(figure - median) / spread), about its rank among random architectures.
    Median and spread are fixed once, so a score depends on nothing but the network: scores of
    different runs compare. A figure that is not finite counts as the poorest.

    Attributes:
        reference: Median and spread of each figure over random architectures.
        recipe: Weight of each figure; a negative one is for a figure that promises the opposite
            of what it usually does.

    Raises:
        ConfigError: The reference lacks a figure of the recipe, or one is not a finite median and
            a positive spread.

    Example:
        >>> blend = Blend({"macs": [10.0, 2.0], "brier": [0.5, 0.1]}, {"macs": 1.0, "brier": 1.0})
        >>> blend({"macs": 10, "brier": 0.5})
        0.5
        >>> round(blend({"macs": 12, "brier": 0.4}), 2)
        0.84
    """

    reference: Mapping[str, Sequence[float]]
    recipe: Mapping[str, float] = field(default_factory=lambda: RECIPE)

    def __post_init__(self) -> None:
        for name in self.recipe:
            entry = self.reference.get(name)
            if not _is_scale(entry):
                raise ConfigError(
                    f"expected the median and the spread of {name} in a reference, got {entry!r}"
                )

    def __call__(self, figures: Mapping[str, float]) -> float:
        """The score, from 0 to 1, higher better, of a network with these figures."""
        total = sum(
            abs(weight) * self._grade(name, figures[name]) for name, weight in self.recipe.items()
        )
        return total / sum(map(abs, self.recipe.values()))

    def _grade(self, name: str, figure: float) -> float:
        if not math.isfinite(figure):
            return 0.0
        median, spread = self.reference[name]
        deviations = (figure - median) / spread
        lower = (name in LOWER_IS_BETTER) != (self.recipe[name] < 0)
        return _PHI(-deviations if lower else deviations)

    @staticmethod
    def fit(
        rows: Sequence[Mapping[str, float]], recipe: Mapping[str, float] | None = None
    ) -> Blend:
        """The blend whose reference are these architectures.

        Args:
            rows: All figures of the recipe for each architecture.
            recipe: Weight of each figure; :data:`RECIPE` if None.
        """
        recipe = RECIPE if recipe is None else recipe
        return Blend({name: _scale(_known(name, rows)) for name in recipe}, recipe)


def recipe_for(kind: str, *, elsewhere: bool = False) -> Mapping[str, float]:
    """The recipe for a kind of task.

    Args:
        kind: Of the task.
        elsewhere: Whether the space is another one than the hypernetwork was trained in.
    """
    if kind == NODE_CLASSIFICATION:
        return NODE_RECIPE
    return GENERAL_RECIPE if elsewhere else RECIPE


def _known(name: str, rows: Sequence[Mapping[str, float]]) -> list[float]:
    """What the rows say of a figure, constant networks having no shortest path."""
    figures = [row[name] for row in rows]
    if name == "shortest_path":
        return [length for length in figures if length < NO_PATH]
    return figures


def _scale(figures: Sequence[float]) -> list[float]:
    """Median, and half the way from the 16th to the 84th percentile: a deviation, if normal.

    Where that is nothing the standard deviation stands in, and 1 where all figures are equal.
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
