"""How alike architectures are, by groups of what is known of them before training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, rankdata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FEW_VALUES = 12
"""A number with more different values counts as a quantity, not as a category."""


def normal_scores(values: Floats) -> Floats:
    """Ranks as quantiles of the normal distribution; values that are not finite rank lowest."""
    finite = np.where(np.isfinite(values), values, -np.inf)
    return np.asarray(norm.ppf((rankdata(finite) - 0.5) / len(values)))


def encoded(choices: Sequence[Mapping[str, object]]) -> Floats:
    """Choices as numbers, (N, C).

    One column for each value of a choice, 1 where it was chosen; for each value that several
    choices share, the number of choices that took it; numbers with many values as normal scores.
    """
    names = list(dict.fromkeys(name for one in choices for name in one))
    columns: list[Floats] = []
    counts: dict[object, list[Floats]] = {}
    for name in names:
        values = [one.get(name) for one in choices]
        different = list(dict.fromkeys(value for value in values if value is not None))
        if len(different) > _FEW_VALUES and all(isinstance(one, int | float) for one in different):
            numbers = [-np.inf if value is None else float(str(value)) for value in values]
            columns.append(normal_scores(np.array(numbers)))
            continue
        for value in different:
            chosen = np.array([float(one == value) for one in values])
            columns.append(chosen)
            counts.setdefault(value, []).append(chosen)
    columns += [np.sum(shared, 0) for shared in counts.values() if len(shared) > 1]
    varied = [column for column in columns if column.std() > 0]
    if not varied:
        return np.zeros((len(choices), 0))
    return np.stack([(column - column.mean()) / column.std() for column in varied], 1)


def kernels(
    figures: Sequence[Floats], choices: Sequence[Mapping[str, object]]
) -> dict[str, Floats]:
    """Likeness of architectures (N, N) in each group of features.

    Args:
        figures: Figures known before training, each (N,).
        choices: The choices of each architecture.
    """
    chosen, known = encoded(choices), np.stack([normal_scores(one) for one in figures], 1)
    return {
        "choices": linear(chosen),
        "likeness": gaussian(chosen),
        "figures": gaussian(known),
    }


def linear(features: Floats) -> Floats:
    """Inner products of the rows over the number of columns, (N, N)."""
    return np.asarray(features @ features.T / max(1, features.shape[1]))


def gaussian(features: Floats) -> Floats:
    """1 for equal rows, falling with the mean squared distance of their columns, (N, N)."""
    products = linear(features)
    own = np.diag(products)
    distances = np.maximum(own[:, None] + own[None, :] - 2 * products, 0)
    return np.asarray(np.exp(-distances / 2))
