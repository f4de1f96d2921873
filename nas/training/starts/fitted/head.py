"""The last layer in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    Loss = Callable[[Tensor, Tensor, float], Tensor]

_PENALTIES = tuple(10.0**power for power in (-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1))
"""Ridge penalties, relative to the mean variance of the features."""
_SCALES = tuple(2.0**power for power in (-2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 5))
"""Factors of the outputs; inverse temperatures of class scores."""
_TINY = 1e-12
"""Least penalty, for features that do not vary."""
_HELD_OUT = 4
"""One sample in four is held out, to choose penalty and scale."""


@dataclass(frozen=True, eq=False)
class Head:
    """A linear layer: weight (K, d) and bias (K,).

    Attributes:
        penalty: The ridge penalty, relative to the mean variance of the features.
        scale: The factor of its outputs.
    """

    weight: Tensor
    bias: Tensor
    penalty: float
    scale: float


def fit_head(
    features: Tensor,
    targets: Tensor,
    labels: Tensor,
    loss: Loss,
    generator: torch.Generator,
    *,
    bias: bool = True,
) -> Head:
    """The ridge regression with the least loss on a quarter of the samples, fitted to the rest.

    Args:
        features: What the layer reads, (n, d).
        targets: Outputs of a perfect network, (n, K).
        labels: The labels as ``loss`` takes them, (n, ...).
        loss: Mean loss of outputs for labels.
        generator: Draws the quarter.
        bias: Whether the layer has a bias.
    """
    x, y = features.double(), targets.double()
    order = torch.randperm(len(x), generator=generator).to(x.device)
    held, rest = order[: -(-len(x) // _HELD_OUT)], order[-(-len(x) // _HELD_OUT) :]
    best = (torch.inf, _PENALTIES[-1], 1.0)
    ridge = _Ridge(x[rest], y[rest], bias=bias)
    for penalty in _PENALTIES:
        weight, shift = ridge.at(penalty)
        outputs = x[held] @ weight.T + shift - y.mean(0)
        for scale in _SCALES:
            found = float(loss((scale * outputs + y.mean(0)).float(), labels[held], 0.0))
            best = min(best, (found, penalty, scale))
    _, penalty, scale = best
    weight, shift = _Ridge(x, y, bias=bias).at(penalty)
    shift = scale * (shift - y.mean(0)) + y.mean(0)
    return Head((scale * weight).to(features), shift.to(features), penalty, scale)


class _Ridge:
    """Ridge regressions of targets on features, one for each penalty."""

    def __init__(self, x: Tensor, y: Tensor, *, bias: bool) -> None:
        self._x_mean = x.mean(0) if bias else torch.zeros_like(x[0])
        self._y_mean = y.mean(0)
        self._x, self._y = x - self._x_mean, y - self._y_mean
        self._dual = x.shape[1] > len(x)
        gram = self._x @ self._x.T if self._dual else self._x.T @ self._x
        self._values, self._vectors = torch.linalg.eigh(gram)
        self._mean = self._values.clamp(min=0).sum() / x.shape[1]

    def at(self, penalty: float) -> tuple[Tensor, Tensor]:
        """Weight (K, d) and bias (K,)."""
        shrunk = self._values.clamp(min=0) + penalty * self._mean + _TINY
        inverse = (self._vectors / shrunk) @ self._vectors.T
        if self._dual:
            weight = (self._x.T @ (inverse @ self._y)).T
        else:
            weight = (inverse @ (self._x.T @ self._y)).T
        return weight, self._y_mean - weight @ self._x_mean
