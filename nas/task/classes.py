"""Loss and figures of networks that classify samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor


def cross_entropy(
    logits: Tensor, labels: Tensor, smoothing: float, weights: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy in nats over the labelled rows.

    Args:
        logits: (rows, classes).
        labels: Class indices (rows,), :data:`nas.task.batch.UNLABELLED` where a row has none; or
            shares of classes (rows, classes).
        smoothing: Share of the target spread over all classes.
        weights: Weight of each class (classes,); equal if None.
    """
    return F.cross_entropy(logits, labels, weights, label_smoothing=smoothing)


def class_figures(logits: Tensor, labels: Tensor) -> dict[str, float]:
    """Accuracy, cross-entropy and Brier score of logits (rows, classes), all rows labelled."""
    truth = F.one_hot(labels, logits.shape[1])
    return {
        "accuracy": float((logits.argmax(1) == labels).double().mean()),
        "loss": float(F.cross_entropy(logits, labels)),
        "brier": float((logits.softmax(1) - truth).square().sum(1).mean()),
    }
