"""Weights of classes in the loss, for data with unequal numbers of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.task.batch import labelled

if TYPE_CHECKING:
    from torch import Tensor

_BETA = 0.999
"""The β of Cui et al. 2019: a class counts as at most 1 / (1 - β) = 1,000 samples."""


def class_weights(labels: Tensor, classes: int) -> Tensor:
    """One weight for each class: the inverse of its effective number of samples.

    The effective number of n samples is (1 - b^n) / (1 - b) with b = 0.999 (Cui et al. 2019,
    Class-Balanced Loss, eq. 2): it is close to n for a few hundred samples, and at most 1,000. The
    mean weight over all samples is 1; classes without samples have weight 1.

    Args:
        labels: Classes of the training samples; unlabelled rows do not count.
        classes: Number of classes.

    Example:
        >>> class_weights(torch.tensor([0, 0, 0, 1]), 2)
        tensor([0.6670, 1.9990])
    """
    counts = labels[labelled(labels)].bincount(minlength=classes).double()
    effective = (1 - _BETA**counts) / (1 - _BETA)
    weights = torch.where(counts > 0, 1 / effective.clamp_min(1), 0.0)
    weights *= counts.sum() / (weights * counts).sum()
    return torch.where(counts > 0, weights, 1.0).float()
