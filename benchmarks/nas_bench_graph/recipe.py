"""Several figures of architectures as one score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from nas.analysis.figure import FIGURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RECIPES: Mapping[str, tuple[str, ...]] = {
    "readout and depth": ("untrained_readout", "longest_path"),
    "readout and predicted weights": ("untrained_readout", "brier"),
    "readout, predicted weights and depth": ("untrained_readout", "brier", "longest_path"),
}
"""Figures that count alike. Deep networks are the poorer ones: messages from far away blur nodes
(Li et al. 2018, Deeper Insights into Graph Convolutional Networks)."""

SCORE = "readout and depth"
"""The ranking before any training."""

_LOWER_IS_BETTER = {name for name in FIGURES if FIGURES.get(name).promises == "lower"} | {
    "longest_path"
}


def oriented(name: str, values: Floats) -> Floats:
    """Values of a figure, higher ones promising more; what is not finite is lowest."""
    signed = -values if name in _LOWER_IS_BETTER else values
    return np.where(np.isfinite(signed), signed, -np.inf)


def mean_rank(figures: Mapping[str, Floats], recipe: tuple[str, ...]) -> Floats:
    """Mean over the recipe of ranks among these architectures, from 0 to 1, higher better."""
    ranks = [rankdata(oriented(name, figures[name])) / len(figures[name]) for name in recipe]
    return np.asarray(np.mean(ranks, axis=0))
