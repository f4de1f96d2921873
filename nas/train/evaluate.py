"""Accuracy and loss of a network on a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nas.modules.classifier import first_tensor
from nas.task.batch import labelled
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.train.device import autocast, channels_last_for

if TYPE_CHECKING:
    from torch import nn

    from nas.data.samples import Samples
    from nas.task.kind import TaskKind


@dataclass(frozen=True)
class Evaluation:
    """Accuracy, or the metric of another kind of task, and mean loss."""

    accuracy: float
    loss: float


@torch.no_grad()
def evaluate(
    module: nn.Module,
    split: Samples,
    kind: TaskKind | None = None,
    *,
    batch_size: int = 512,
    device: torch.device | str = "cpu",
    precision: str = "auto",
) -> Evaluation:
    """Run a network over a split in evaluation mode.

    Args:
        module: Maps samples to outputs (rows, outputs).
        split: Labelled samples.
        kind: Kind of task; classification if None.
        batch_size: Samples in one call; a graph is always taken as a whole.
        device: Device of the module.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.
    """
    device, kind = torch.device(device), kind or KINDS.get(IMAGE_CLASSIFICATION)
    module.eval()
    outputs, truth = [], []
    for inputs, labels in split.to(device).batches(batch_size):
        with autocast(device, precision):
            found = first_tensor(module(*channels_last_for(module, inputs))).float()
        outputs.append(found[labelled(labels)])
        truth.append(labels[labelled(labels)])
    figures = kind.figures(torch.cat(outputs), torch.cat(truth))
    return Evaluation(figures["accuracy"], figures["loss"])
