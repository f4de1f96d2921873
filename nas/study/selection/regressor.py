"""Forecast of accuracies after training, learned from a few trained networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, rankdata

from nas.study.selection.trust import FEWEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_COMPONENTS = 8
_VARIANCE = 0.3
_NOISE = 0.3
_PRIOR = 2.0
_LEAST_ERROR = 1e-3
_LARGEST_RATIO = 2.0


@dataclass(frozen=True)
class Forecast:
    """The expected minus logarithm of the error after training; higher is better.

    Attributes:
        mean: Expected values, (N,).
        std: Their standard deviations, (N,).
    """

    mean: Floats
    std: Floats


class AccuracyRegressor:
    """Regression from figures known before training to the accuracy after it.

    The logarithm of the error falls linearly with the rank of the score (least squares); a
    Gaussian process over ranks of the figures and principal components of the embedding learns
    how architectures deviate from that line. Its hyperparameters are fixed, since a few networks
    do not determine them and all features are standardised.

    Sources: Gaussian processes, Rasmussen & Williams 2006, §2; cheap scores as features of a
    predictor, White et al. 2021, How Powerful are Performance Predictors in NAS?, §4.

    Args:
        score: Score before training, (N,), higher is better.
        figures: The figures of the score, or similar ones, (N, F).
        embedding: A vector for each architecture, (N, D); D may be 0.
    """

    def __init__(self, score: Floats, figures: Floats, embedding: Floats) -> None:
        self._score = _normal_scores(score)
        ranks = [_normal_scores(column) for column in figures.T]
        blocks = np.stack(ranks, 1), _components(embedding)
        self._features = np.concatenate(
            [block / np.sqrt(max(1, block.shape[1])) for block in blocks], 1
        )

    def fit(self, rows: Sequence[int], accuracies: Sequence[float] | Floats) -> Forecast:
        """Learn from the architectures in ``rows``, and forecast all.

        Errors are cut at twice the median: differences among bad architectures do not help to
        rank good ones.

        Args:
            rows: Rows of the trained architectures; at least :data:`FEWEST`.
            accuracies: Accuracy of each of them, from 0 to 1.

        Raises:
            ValueError: There are too few rows.
        """
        if len(rows) < FEWEST:
            raise ValueError(f"expected at least {FEWEST} trained networks, got {len(rows)}")
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel

        trained = np.asarray(rows)
        error = np.maximum(1 - np.asarray(accuracies), _LEAST_ERROR)
        error = np.minimum(error, _LARGEST_RATIO * np.median(error))
        reached = -np.log(error)
        scale = reached.std() or 1.0
        quality = (reached - reached.mean()) / scale
        line = self._line(trained, quality)
        process = GaussianProcessRegressor(
            ConstantKernel(_VARIANCE, "fixed") * RBF(1.0, "fixed"), alpha=_NOISE, optimizer=None
        )
        process.fit(self._features[trained], quality - line[trained])
        mean, std = process.predict(self._features, return_std=True)
        return Forecast(reached.mean() + scale * (line + mean), scale * std)

    def _line(self, trained: NDArray[np.int_], quality: Floats) -> Floats:
        """Least squares of quality on the score, with a weak prior for slope 1."""
        centred = self._score - self._score[trained].mean()
        known = centred[trained]
        slope = float(known @ quality + _PRIOR) / float(known @ known + _PRIOR)
        return np.asarray(slope * centred)


def _normal_scores(values: Floats) -> Floats:
    """Ranks as quantiles of the normal distribution; values that are not finite rank lowest."""
    finite = np.where(np.isfinite(values), values, -np.inf)
    return np.asarray(norm.ppf((rankdata(finite) - 0.5) / len(values)))


def _components(embedding: Floats) -> Floats:
    """The first principal components of standardised columns, scaled to a mean square of 1."""
    spread = embedding.std(0)
    columns = (embedding - embedding.mean(0)) / np.where(spread > 0, spread, 1.0)
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    found = left[:, :_COMPONENTS] * sizes[:_COMPONENTS]
    scale = np.sqrt((found**2).mean()) if found.size else 1.0
    return np.asarray(found / (scale if scale > 0 else 1.0))
