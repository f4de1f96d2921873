"""Inputs and labels of one call of a network."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

UNLABELLED = -100
"""Label of an unlabelled row of a batch; cross-entropy ignores it."""

Inputs = tuple[Tensor, ...]
"""Inputs of a network: images (B, C, H, W), or features (N, F) and edges (2, E)."""


class Batch(NamedTuple):
    """Inputs of one call of a network, and the label of every row of its output.

    Attributes:
        inputs: Arguments of one call.
        labels: Class indices, or :data:`UNLABELLED`: (rows,); of regression targets
            (rows, targets); of mixed images shares of classes (rows, classes).
    """

    inputs: Inputs
    labels: Tensor


def labelled(labels: Tensor) -> Tensor:
    """Which rows of a batch have a label: (rows,), bool."""
    if labels.is_floating_point():
        return torch.ones(len(labels), dtype=torch.bool, device=labels.device)
    return labels != UNLABELLED


def halves(batch: Batch) -> tuple[Batch, Batch]:
    """The two halves of a batch of images.

    Example:
        >>> first, second = halves(Batch((torch.zeros(5, 1, 8, 8),), torch.arange(5)))
        >>> first.labels, tuple(second.inputs[0].shape)
        (tensor([0, 1, 2]), (2, 1, 8, 8))
    """
    cut = -(-len(batch.labels) // 2)
    return (
        Batch(tuple(x[:cut] for x in batch.inputs), batch.labels[:cut]),
        Batch(tuple(x[cut:] for x in batch.inputs), batch.labels[cut:]),
    )
