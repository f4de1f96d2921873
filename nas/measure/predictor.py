"""Latency of many networks from a few measured ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

from nas.errors import ConfigError
from nas.measure.coordinates import Coordinates
from nas.measure.priors import device_priors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.measure.coordinates import Features, Floats
    from nas.measure.priors import Priors

FEWEST = 3
"""Measured networks that a prediction needs."""

_NOISE = 0.05
"""Variance of a measured value around its own, relative to that over the space."""

_POOL = 1000
"""Networks over which the expected error is reduced; more change the choice little."""


@dataclass(frozen=True, kw_only=True)
class PredictionError:
    """How far predictions are from measured values, each predicted from all others.

    Attributes:
        relative: Median of the errors, relative to the measured values.
        spearman: Spearman's rank correlation of predicted and measured values.
        measured: Number of measured networks.
    """

    relative: float
    spearman: float
    measured: int


class CostPredictor:
    """A Gaussian process over the features of a space, with other devices as prior knowledge.

    It takes latencies in any unit, and energies as well. With 20 measured networks of
    NAS-Bench-201 on a device that it does not know, predicted and measured latencies of the
    others have a rank correlation of 0.96 (``benchmarks/latency``).

    Args:
        coordinates: Scales of the features in the space.

    Example:
        >>> pool = [{"whole all macs": float(size)} for size in range(1, 40)]
        >>> predictor = CostPredictor.of(pool)
        >>> rows = predictor.choose(pool, 5)
        >>> fitted = predictor.fit([pool[row] for row in rows], [2.0 + row for row in rows])
        >>> mean, std = fitted.predict([pool[10]])
        >>> round(float(mean[0]))
        12
    """

    def __init__(self, coordinates: Coordinates) -> None:
        self.coordinates = coordinates

    @staticmethod
    def of(pool: Sequence[Features], priors: Priors | None = None) -> CostPredictor:
        """The predictor of a space.

        Args:
            pool: Features of its networks, or of a sample of them; see
                :func:`nas.measure.features.features`.
            priors: Other devices; those of :func:`nas.measure.priors.device_priors` if None.
        """
        return CostPredictor(Coordinates.of(pool, device_priors() if priors is None else priors))

    def choose(
        self, candidates: Sequence[Features], count: int, given: Sequence[int] = ()
    ) -> list[int]:
        """The networks whose measurement tells most about all others.

        Each next one reduces the mean variance of the predictions most (Seo et al. 2000, Gaussian
        Process Regression: Active Data Selection, after Cohn).

        Args:
            candidates: Features of all networks.
            count: Number of networks to choose, without the given ones.
            given: Rows that are measured anyway.

        Returns:
            Their rows, in the order of their use.
        """
        known, step = self.coordinates, max(1, len(candidates) // _POOL)
        variance = known.variance(candidates)
        pool = known.covariance(candidates, candidates[::step])  # (N, M)
        columns = np.zeros((len(candidates), 0))
        order, done = list(given), list[int]()
        while len(done) < min(len(given) + count, len(candidates)):
            gain = (pool**2).mean(1) / (np.maximum(variance, 0) + _NOISE)
            gain[done] = -1
            row = order.pop(0) if order else int(np.argmax(gain))
            done.append(row)
            column = known.covariance(candidates, [candidates[row]])[:, 0]
            column = column - columns @ columns[row]
            column = column / np.sqrt(max(variance[row], 0.0) + _NOISE)
            columns = np.column_stack([columns, column])
            pool = pool - np.outer(column, column[::step])
            variance = variance - column**2
        return done[len(given) :]

    def fit(self, measured: Sequence[Features], values: Sequence[float]) -> FittedPredictor:
        """Learn a device from measured networks.

        Args:
            measured: Their features.
            values: Their latencies, in any unit.

        Raises:
            ConfigError: There are too few of them, or a value is not finite.
        """
        found = np.asarray(values, dtype=np.float64)
        if len(measured) < FEWEST or len(measured) != len(found):
            raise ConfigError(
                f"a prediction needs at least {FEWEST} measured networks with a value each, got "
                f"{len(measured)} networks and {len(found)} values"
            )
        if not np.isfinite(found).all():
            raise ConfigError("a measured value is not finite")
        return FittedPredictor(self.coordinates, measured, found)


class FittedPredictor:
    """Predicts values of a device; made by :meth:`CostPredictor.fit`.

    Attributes:
        left_out: Each measured value as predicted from all others (Rasmussen and Williams 2006,
            §5.4.2), (N,).
        error: Their error.
    """

    def __init__(
        self, coordinates: Coordinates, measured: Sequence[Features], values: Floats
    ) -> None:
        self._coordinates = coordinates
        self._measured = measured
        self._mean = float(values.mean())
        covariance = coordinates.covariance(measured, measured)
        self._inverse = np.linalg.inv(covariance + _NOISE * np.eye(len(values)))
        self._weights = self._inverse @ (values - self._mean)
        explained = float((values - self._mean) @ self._weights)
        self._scale = math.sqrt(max(0.0, explained) / len(values))  # the most likely one
        self._least = float(values.min()) / 2
        self.left_out: Floats = values - self._weights / np.diag(self._inverse)
        self.error = _error(self.left_out, values)

    def predict(self, networks: Sequence[Features]) -> tuple[Floats, Floats]:
        """Predicted values, and standard deviations of measured values from them, each (N,).

        No prediction is below half of the least measured value: a sum over operations can be
        negative, a time cannot.
        """
        across = self._coordinates.covariance(networks, self._measured)
        explained = np.einsum("nm,mk,nk->n", across, self._inverse, across)
        mean = self._mean + across @ self._weights
        own = self._coordinates.variance(networks)
        std = self._scale * np.sqrt(np.maximum(own - explained, 0) + _NOISE)
        return np.maximum(mean, self._least), std


def _error(predicted: Floats, values: Floats) -> PredictionError:
    both_vary = np.ptp(values) > 0 and np.ptp(predicted) > 0
    return PredictionError(
        relative=float(np.median(np.abs(predicted - values) / np.abs(values))),
        spearman=float(spearmanr(predicted, values).statistic) if both_vary else 0.0,
        measured=len(values),
    )
