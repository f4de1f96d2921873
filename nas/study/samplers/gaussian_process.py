"""A Gaussian process on few features, cheap enough to be fitted anew every few trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MIXES = tuple(
    (linear, 1 - linear, width, noise)
    for linear, width in ((1.0, 1.0), (0.7, 1.0), (0.3, 1.0), (0.2, 0.7))
    for noise in (0.01, 0.1, 0.3)
)
"""Variances of the linear and of the Gaussian kernel, width of the latter, variance of the noise,
all in units of the variance of the values."""


class GaussianProcess:
    """A linear and a Gaussian kernel, mixed so that the values are most likely.

    Rasmussen & Williams: Gaussian Processes for Machine Learning, 2006, §2.

    Args:
        features: Of known rows, (n, columns).
        values: Of known rows, (n,), finite.
    """

    def __init__(self, features: Floats, values: Floats) -> None:
        self._varied = features.std(0) > 0
        known = features[:, self._varied]
        self._center, self._scale = known.mean(0), known.std(0)
        self._known = self._scaled(features)
        self._mean, self._std = float(values.mean()), float(values.std()) or 1.0
        target = (values - self._mean) / self._std
        products, distances = self._parts(self._known)
        most = -np.inf
        for mix in _MIXES:
            linear, gaussian, width, noise = mix
            kernel = linear * products + gaussian * np.exp(-distances / (2 * width**2))
            root = np.linalg.cholesky(kernel + noise * np.eye(len(target)))
            white = np.linalg.solve(root, target)
            likelihood = -white @ white / 2 - np.log(np.diag(root)).sum()
            if likelihood > most:
                most, self._mix, self._root = likelihood, mix, root
                weights = np.linalg.solve(root.T, white)
        self._weights = weights

    def __call__(self, features: Floats) -> tuple[Floats, Floats]:
        """Expected values of new rows, and their standard deviations, each (N,)."""
        new = self._scaled(features)
        linear, gaussian, width, _ = self._mix
        products, distances = self._parts(new)
        kernel = linear * products + gaussian * np.exp(-distances / (2 * width**2))  # (N, n)
        explained = (np.linalg.solve(self._root, kernel.T) ** 2).sum(0)
        prior = linear * (new**2).sum(1) / max(1, new.shape[1]) + gaussian
        deviation = np.sqrt(np.maximum(prior - explained, 0))
        return self._mean + self._std * (kernel @ self._weights), self._std * deviation

    def _scaled(self, features: Floats) -> Floats:
        return np.asarray((features[:, self._varied] - self._center) / self._scale)

    def _parts(self, rows: Floats) -> tuple[Floats, Floats]:
        """Mean product, and mean squared difference, with each known row: (N, n)."""
        columns = max(1, rows.shape[1])
        products = rows @ self._known.T / columns
        own, others = (rows**2).sum(1) / columns, (self._known**2).sum(1) / columns
        return products, np.maximum(own[:, None] + others[None, :] - 2 * products, 0)
