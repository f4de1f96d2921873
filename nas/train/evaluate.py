"""Accuracy and loss of a network on a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nas.modules.classifier import first_tensor
from nas.train.device import autocast, laid_out_for

if TYPE_CHECKING:
    from torch import nn

    from nas.data.samples import Samples


@dataclass(frozen=True)
class Evaluation:
    """Share of samples classified right, and mean cross-entropy in nats."""

    accuracy: float
    loss: float


@torch.no_grad()
def evaluate(
    module: nn.Module,
    split: Samples,
    *,
    batch_size: int = 512,
    device: torch.device | str = "cpu",
    precision: str = "auto",
) -> Evaluation:
    """Run a network over a split in evaluation mode."""
    device = torch.device(device)
    module.eval()
    right, loss = 0, 0.0
    for inputs, labels in split.to(device).batches(batch_size):
        with autocast(device, precision):
            logits = first_tensor(module(*laid_out_for(module, inputs))).float()
        right += int((logits.argmax(1) == labels).sum())
        loss += float(F.cross_entropy(logits, labels, reduction="sum"))
    return Evaluation(right / len(split), loss / len(split))
