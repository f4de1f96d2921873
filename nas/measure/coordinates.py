"""Networks as points, so that networks with similar features lie near each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nas.measure.priors import Priors

    Floats = NDArray[np.float64]
    Features = Mapping[str, float]

PRIOR, LINEAR, SIMILAR = 1.0, 0.2, 0.1
"""Variances of a device's latency over the networks of a space: a combination of other devices,
a sum over operations of its own, and neither of them. Chosen on the devices of
``benchmarks/latency``."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Scales of the features of a space.

    Attributes:
        names: Features that differ between the networks of the space.
        mean: Mean of each of them, (F,).
        std: Standard deviation of each of them, (F,).
        devices: What each feature adds to the latency on other devices, each scaled to a standard
            deviation of one in the space, (F, devices).
    """

    names: tuple[str, ...]
    mean: Floats
    std: Floats
    devices: Floats

    @staticmethod
    def of(pool: Sequence[Features], priors: Priors) -> Coordinates:
        """The scales of a sample of networks.

        Args:
            pool: Features of the networks.
            priors: Other devices.
        """
        names = sorted({name for one in pool for name in one})
        values = _values(pool, names)
        varies = np.ptp(values, axis=0) > 0
        kept = [name for name, yes in zip(names, varies, strict=True) if yes]
        values = values[:, varies]
        costs = [[device.get(name, 0.0) for device in priors.values()] for name in kept]
        devices = np.array(costs, dtype=np.float64).reshape(len(kept), len(priors))
        spread = (values @ devices).std(0)
        known = spread > 0
        mean, std = values.mean(0), values.std(0)
        return Coordinates(tuple(kept), mean, std, devices[:, known] / spread[known])

    def covariance(self, first: Sequence[Features], second: Sequence[Features]) -> Floats:
        """Prior covariance of the latencies of networks on a device, (N, M).

        A Gaussian process (Rasmussen and Williams 2006, §4.2) with three parts: linear in the
        latencies on other devices, linear in the features, and a radial basis function of the
        features. The latency on the device has mean 0 and variance 1 over the space.
        """
        a, b = self._centred(first), self._centred(second)
        elsewhere = (a @ self.devices) @ (b @ self.devices).T / max(1, self.devices.shape[1])
        a, b = a / self.std, b / self.std
        width = max(1, len(self.names))
        products = a @ b.T / width
        own, others = (a**2).sum(1) / width, (b**2).sum(1) / width
        distances = np.maximum(own[:, None] + others[None] - 2 * products, 0)
        found = PRIOR * elsewhere + LINEAR * products + SIMILAR * np.exp(-distances / 2)
        return np.asarray(found, dtype=np.float64)

    def variance(self, networks: Sequence[Features]) -> Floats:
        """The diagonal of the covariance of networks with themselves, (N,)."""
        a = self._centred(networks)
        elsewhere = ((a @ self.devices) ** 2).sum(1) / max(1, self.devices.shape[1])
        own = ((a / self.std) ** 2).sum(1) / max(1, len(self.names))
        return np.asarray(PRIOR * elsewhere + LINEAR * own + SIMILAR, dtype=np.float64)

    def _centred(self, networks: Sequence[Features]) -> Floats:
        return _values(networks, self.names) - self.mean


def _values(networks: Sequence[Features], names: Sequence[str]) -> Floats:
    rows = [[one.get(name, 0.0) for name in names] for one in networks]
    return np.array(rows, dtype=np.float64).reshape(len(networks), len(names))
