"""Accuracy and loss of a network on a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.train.device import autocast

if TYPE_CHECKING:
    from torch import nn

    from nas.data.split import Split


@dataclass(frozen=True)
class Evaluation:
    """Share of images classified right, and mean cross-entropy in nats."""

    accuracy: float
    loss: float


@torch.no_grad()
def evaluate(
    module: nn.Module,
    split: Split,
    *,
    batch_size: int = 512,
    device: torch.device | str = "cpu",
    precision: str = "auto",
) -> Evaluation:
    """Run a network over a split in evaluation mode."""
    device = torch.device(device)
    module.eval()
    right, loss = 0, 0.0
    for images, labels in split.to(device).batches(batch_size):
        with autocast(device, precision):
            logits = module(images.contiguous(memory_format=torch.channels_last)).float()
        right += int((logits.argmax(1) == labels).sum())
        loss += float(F.cross_entropy(logits, labels, reduction="sum"))
    return Evaluation(right / len(split), loss / len(split))
