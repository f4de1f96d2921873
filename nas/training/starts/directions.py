"""Directions for the rows of a matrix."""

from __future__ import annotations

import torch
from torch import Tensor

_SHRINKAGE = 0.1
"""Ridge penalty of label directions, relative to the mean variance of the inputs."""
_TINY = 1e-12
"""Least penalty, for inputs that do not vary."""
_FLAT = 1e-3
"""Directions of less variance than this share of the largest are not whitened further."""


def orthogonal(rows: int, size: int, generator: torch.Generator) -> Tensor:
    """Random unit rows (rows, size), orthogonal to each other within blocks of ``size``."""
    blocks = []
    for start in range(0, rows, size):
        count = min(size, rows - start)
        draw = torch.randn(size, count, generator=generator)
        q, r = torch.linalg.qr(draw)
        blocks.append((q * r.diagonal().sign()).T)
    return torch.cat(blocks)


def whitening(rows: int, vectors: Tensor, generator: torch.Generator) -> Tensor:
    """Rows (rows, d) with uncorrelated outputs on the vectors (n, d): whitened principal axes.

    Those of most variance come first. Where there are more rows than axes, random rotations of the
    whitened vectors follow.
    """
    centred = (vectors - vectors.mean(0)).double()
    values, axes = torch.linalg.eigh(centred.T @ centred / len(centred))
    values, axes = values.flip(0), axes.flip(1).T  # most variance first; axes are rows (d, d)
    scale = values.clamp(min=_FLAT * float(values[0])).rsqrt()
    whitener: Tensor = (scale[:, None] * axes).to(vectors.dtype)
    more = rows - len(whitener)
    if more <= 0:
        return whitener[:rows]
    turned = orthogonal(more, len(whitener), generator).to(vectors) @ whitener
    return torch.cat([whitener, turned])


def label_directions(vectors: Tensor, targets: Tensor) -> Tensor:
    """Ridge regression of the targets (n, K) on vectors (n, d), as rows (K, d)."""
    x = (vectors - vectors.mean(0)).float()
    y = (targets - targets.mean(0)).float()
    samples, size = x.shape
    small = x.T @ x if size <= samples else x @ x.T
    penalty = _SHRINKAGE * small.diagonal().sum() / size + _TINY
    small.diagonal().add_(penalty)
    directions: Tensor = torch.linalg.solve(small, x.T @ y if size <= samples else y)
    return (directions if size <= samples else x.T @ directions).T
