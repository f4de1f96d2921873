"""Forecast of the order after training, learned from a few trained networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nas.study.selection.kernels import kernels, normal_scores, ranked
from nas.study.selection.trust import FEWEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.study.selection.kernels import Floats

COSTS = ("params", "macs", "activation_bytes", "layers")
PREDICTED = ("brier", "readout", "naswot")
"""Figures from which a regressor learns, beside the score: costs, and those of the weights."""

_FEW = 20
"""Up to this number of trained networks, a line in the costs has an equal say."""

_PENALTIES = 10.0 ** np.arange(-2, 4)
"""Ridge penalties of the line."""


@dataclass(frozen=True)
class Forecast:
    """The expected place in the order after training, as normal score; higher is better.

    Attributes:
        mean: Expected values, (N,).
        std: Their standard deviations, (N,).
    """

    mean: Floats
    std: Floats


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is expected of accuracies after training before any of them is known.

    All but the slope are variances; together they make up about 1, the variance of normal scores.

    Attributes:
        slope: Expected rise with the score, both as normal scores.
        costs: Linear in the ranks of the costs.
        figures: Linear in the ranks of the figures with predicted weights.
        score: Linear in the rank of the score.
        choices: Linear in the choices.
        likeness: Common to architectures with similar choices.
        noise: Explained by no feature, such as differences between repeated trainings.
    """

    slope: float
    costs: float
    figures: float
    score: float
    choices: float
    likeness: float
    noise: float


PRIOR = Prior(slope=0.5, costs=0.2, figures=0.3, score=0.1, choices=0.1, likeness=0.1, noise=0.15)
"""Fitted to the trained architectures of several families of spaces by marginal likelihood:
``python -m benchmarks.rank_fidelity.fit``."""


class AccuracyRegressor:
    """Gaussian process on what is known of architectures before training.

    The kernel is a sum over groups of features, each with one weight; the prior mean rises with
    the score. Other spaces have taught both, as a few trained networks do not determine them. The
    score is a feature too, so that trainings can overturn it. With few trained networks the
    forecast is the mean of the process and of a ridge regression on the costs alone.

    Sources: Gaussian processes, Rasmussen & Williams 2006, §2 and §5.4; cheap scores as features
    of a predictor, White et al. 2021, How Powerful are Performance Predictors in NAS?, §4.

    Args:
        score: Score before training, (N,), higher is better.
        costs: Costs, each (N,).
        figures: Figures with predicted weights, each (N,).
        choices: The choices of each architecture.
        prior: Weights of the groups, and the slope.
    """

    def __init__(
        self,
        score: Floats,
        costs: Sequence[Floats],
        figures: Sequence[Floats],
        choices: Sequence[Mapping[str, object]],
        prior: Prior = PRIOR,
    ) -> None:
        groups = kernels(score, costs, figures, choices)
        parts = [getattr(prior, name) * kernel for name, kernel in groups.items()]
        self._costs, self._kernel = ranked(costs), np.asarray(np.sum(parts, 0))
        self._expected, self._noise = prior.slope * normal_scores(score), prior.noise

    def fit(self, rows: Sequence[int], accuracies: Sequence[float] | Floats) -> Forecast:
        """Learn from the architectures in ``rows``, and forecast all.

        Only the order of the accuracies counts: differences among bad architectures do not help to
        rank good ones.

        Args:
            rows: Rows of the trained architectures; at least :data:`FEWEST`.
            accuracies: Accuracy of each of them.

        Raises:
            ValueError: There are too few rows.
        """
        if len(rows) < FEWEST:
            raise ValueError(f"expected at least {FEWEST} trained networks, got {len(rows)}")
        trained = np.asarray(rows)
        places = normal_scores(np.asarray(accuracies, dtype=np.float64))
        across = self._kernel[:, trained]
        known = across[trained] + self._noise * np.eye(len(trained))
        expected = self._expected - self._expected[trained].mean()
        learned = np.linalg.solve(known, np.column_stack([places - expected[trained], across.T]))
        mean = expected + across @ learned[:, 0]
        variance = np.diag(self._kernel) - np.einsum("ij,ji->i", across, learned[:, 1:])
        if len(trained) <= _FEW:
            mean = (mean + _line(self._costs, trained, places)) / 2
        return Forecast(mean, np.sqrt(np.maximum(variance, 0)))


def _line(features: Floats, trained: Floats, places: Floats) -> Floats:
    """Ridge regression with the penalty of the least error, each row left out once; (N,)."""
    middle, centre = places.mean(), features[trained].mean(0)
    left, sizes, right = np.linalg.svd(features[trained] - centre, full_matrices=False)
    projected = left.T @ (places - middle)
    slopes: dict[float, Floats] = {}
    for penalty in _PENALTIES:
        kept = sizes**2 / (sizes**2 + penalty)
        own = (left**2) @ kept + 1 / len(places)
        residual = places - middle - left @ (kept * projected)
        error = float(np.mean((residual / np.maximum(1 - own, 1e-3)) ** 2))
        slopes[error] = right.T @ (sizes / (sizes**2 + penalty) * projected)
    return np.asarray((features - centre) @ slopes[min(slopes)] + middle)
