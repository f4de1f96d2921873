"""Read-out: how well a linear layer, fitted in closed form, reads the targets from features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.graph.ops.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.graph.node import Node

_PENALTIES = tuple(10.0**power for power in range(-4, 3))
"""Ridge penalties, relative to the mean eigenvalue of the features' covariance."""

_FLAT = 1e-6
"""A feature that varies less, relative to the largest one, is constant."""

_LEAST_SHARE = 1e-3
"""The least weight that others have in the prediction of a sample that is left out."""


class HeadFeatures:
    """Collects what the last layer of a network reads, while the network runs.

    An observer for :func:`nas.compile.apply`. It finds nothing unless the output of the network is
    that of a linear layer.

    Args:
        graph: The network.
    """

    def __init__(self, graph: Graph) -> None:
        self._head = graph.outputs[0]
        self._batches: list[Tensor] = []

    def __call__(self, node: Node, inputs: Sequence[Tensor]) -> None:
        """Observe the inputs of a node; those of the last layer are (B, F)."""
        if node.name == self._head and isinstance(node.op, Linear):
            self._batches.append(inputs[0].detach())

    @property
    def features(self) -> Tensor | None:
        """Features of all samples so far (N, F); None if no linear layer ends the network."""
        return torch.cat(self._batches) if self._batches else None


def readout(features: Tensor, targets: Tensor) -> float:
    """Error of a linear layer fitted to the targets, each sample predicted from all others.

    A hypernetwork predicts features better than it predicts the layer that reads them, above all
    in spaces it was not trained in. So the last layer is fitted anew, by ridge regression on
    standardised features, with the penalty of the least error. Leaving out a sample takes no
    further fit (Allen 1974, PRESS; Rifkin & Lippert 2007, Notes on Regularized Least Squares).

    Args:
        features: What the last layer reads, (N, F).
        targets: Outputs of a perfect network, (N, outputs); one-hot for classes.

    Returns:
        Mean over samples of the squared distance to the targets, summed over outputs; lower is
        better. For features unrelated to the targets it is about their variance.
    """
    z = features.cpu().flatten(1).double()
    z = z - z.mean(0)
    spread = z.square().mean(0).sqrt()
    varies = spread > _FLAT * spread.max().clamp(min=_FLAT)
    z = z[:, varies] / spread[varies]
    targets = targets.cpu().double()
    mean = targets.mean(0)
    vectors, values = _spectrum(z)
    projected = vectors.T @ (targets - mean)
    least = torch.inf
    for penalty in _PENALTIES:
        shrunk = values / (values + penalty * values.mean()) if len(values) else values
        own = vectors.square() @ shrunk + 1 / len(z)
        residual = targets - mean - vectors @ (shrunk[:, None] * projected)
        left_out = residual / (1 - own).clamp(min=_LEAST_SHARE)[:, None]
        least = min(least, float(left_out.square().sum(1).mean()))
    return least


def _spectrum(z: Tensor) -> tuple[Tensor, Tensor]:
    """Left singular vectors (N, R) and squared singular values (R,) of centred features."""
    samples, features = z.shape
    if features >= samples:
        values, vectors = torch.linalg.eigh(z @ z.T)
        return vectors, values.clamp(min=0)
    values, directions = torch.linalg.eigh(z.T @ z)
    known = values > _FLAT * values.max() if len(values) else values > 0
    return z @ directions[:, known] / values[known].sqrt(), values[known]
