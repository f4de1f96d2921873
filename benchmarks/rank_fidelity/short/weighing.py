"""A regressor that knows how noisy each label is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from nas.study.selection.regressor import SLOPES, AccuracyRegressor, Forecast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rank_fidelity.pool import Floats


class WeighingRegressor(AccuracyRegressor):
    """:class:`nas.study.selection.regressor.AccuracyRegressor` with a noise for each label.

    Without noise its forecasts are the same. A label counts by its precision, in the Gaussian
    process and in the order of the labels, so one with endless noise changes nothing.
    """

    def fit(
        self,
        rows: Sequence[int],
        accuracies: Sequence[float] | Floats,
        noise: Floats | float = 0.0,
    ) -> Forecast:
        """Learn from the labels of ``rows``, and forecast all.

        Args:
            rows: Rows of the trained architectures.
            accuracies: Their labels, of which the order counts.
            noise: Variance of each label, as normal score, beside that of repeated trainings.
        """
        trained = np.asarray(rows)
        variances = self._noise + noise * np.ones(len(trained))
        weights = self._noise / variances
        places = _weighted_normal_scores(np.asarray(accuracies), weights)
        middle = np.average(self._score[trained], weights=weights)
        lines = np.outer(SLOPES, self._score - middle)  # (slopes, N)
        across = self._kernel[:, trained]
        known = across[trained] + np.diag(variances)
        deviations = places - lines[:, trained]
        weighted = np.linalg.solve(known, deviations.T)  # (n, slopes)
        surprise = np.einsum("sn,ns->s", deviations, weighted) / 2  # minus log-likelihood
        likely = np.exp(surprise.min() - surprise)
        mean = likely / likely.sum() @ (lines + (across @ weighted).T)
        explained = np.einsum("in,ni->i", across, np.linalg.solve(known, across.T))
        return Forecast(mean, np.sqrt(np.maximum(np.diag(self._kernel) - explained, 0)))


def _weighted_normal_scores(values: Floats, weights: Floats) -> Floats:
    """Ranks as quantiles of the normal distribution, each value counted by its weight."""
    below = (weights * (values < values[:, None])).sum(1)
    equal = (weights * (values == values[:, None])).sum(1)
    return np.asarray(norm.ppf((below + equal / 2) / weights.sum()))
