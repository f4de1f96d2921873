"""Forecast of the order after training, learned from a few trained networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nas.study.selection.kernels import kernels, normal_scores
from nas.study.selection.trust import FEWEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.study.selection.kernels import Floats

LEARNED_FROM = ("macs", "brier", "readout", "naswot")
"""The figures from which a regressor learns, in addition to score and choices."""

SLOPES = (0.0, 0.3, 0.5, 0.7, 0.85, 0.95)
"""How much the accuracy may rise with the score, both as normal scores: not at all, or nearly in
the same order."""


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
    """Variances of accuracies after training, as normal scores, beside the line in the score.

    Attributes:
        choices: Linear in the choices.
        likeness: Common to architectures with similar choices.
        figures: Common to architectures with similar figures.
        noise: Explained by no feature, such as differences between repeated trainings.
    """

    choices: float
    likeness: float
    figures: float
    noise: float


PRIOR = Prior(choices=0.217, likeness=0.025, figures=0.226, noise=0.232)
"""Fitted to the trained architectures of several families of spaces by marginal likelihood:
``python -m benchmarks.rank_fidelity.fit --without resnet``."""


class AccuracyRegressor:
    """A line in the score, and a Gaussian process on what else is known before training.

    The variance of each group of features was learnt from other spaces: a few trained networks do
    not determine it. How far the score can be trusted differs from space to space. So forecasts
    with lines of different slopes are averaged, weighted by how well each explains the trained
    networks (Bayesian model averaging, Hoeting et al. 1999).

    Sources: Gaussian processes, Rasmussen & Williams 2006, §2 and §5.4; cheap scores as features
    of a predictor, White et al. 2021, How Powerful are Performance Predictors in NAS?, §4.

    Args:
        score: Score before training, (N,), higher is better.
        figures: Figures known before training, each (N,).
        choices: The choices of each architecture.
        prior: Variances of the groups of features.
    """

    def __init__(
        self,
        score: Floats,
        figures: Sequence[Floats],
        choices: Sequence[Mapping[str, object]],
        prior: Prior = PRIOR,
    ) -> None:
        groups = kernels([score, *figures], choices)
        parts = [getattr(prior, name) * kernel for name, kernel in groups.items()]
        self._kernel, self._noise = np.asarray(np.sum(parts, 0)), prior.noise
        self._score = normal_scores(score)

    def fit(self, rows: Sequence[int], accuracies: Sequence[float] | Floats) -> Forecast:
        """Learn from the architectures in ``rows``, and forecast all.

        Only the order of the accuracies counts.

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
        lines = np.outer(SLOPES, self._score - self._score[trained].mean())  # (slopes, N)
        across = self._kernel[:, trained]
        known = across[trained] + self._noise * np.eye(len(trained))
        deviations = places - lines[:, trained]
        weighted = np.linalg.solve(known, deviations.T)  # (n, slopes)
        surprise = np.einsum("sn,ns->s", deviations, weighted) / 2  # minus log-likelihood
        likely = np.exp(surprise.min() - surprise)
        mean = likely / likely.sum() @ (lines + (across @ weighted).T)
        explained = np.einsum("in,ni->i", across, np.linalg.solve(known, across.T))
        return Forecast(mean, np.sqrt(np.maximum(np.diag(self._kernel) - explained, 0)))
