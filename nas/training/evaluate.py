"""Accuracy and loss of a network on a split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nas.modules.classifier import first_tensor
from nas.task.batch import labelled
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS
from nas.training.device import autocast, channels_last_for

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.data.samples import Samples
    from nas.task.kind import TaskKind


@dataclass(frozen=True)
class Evaluation:
    """Accuracy, or the metric of another kind of task, and mean loss."""

    accuracy: float
    loss: float


@dataclass(frozen=True)
class ClassAccuracy:
    """Accuracy on the samples of one class.

    Attributes:
        name: Of the class, or its number where classes have no names.
        accuracy: Share of its samples that are classified correctly.
        samples: How many there are.
    """

    name: str
    accuracy: float
    samples: int


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
    kind = kind or KINDS.get(IMAGE_CLASSIFICATION)
    found = outputs(module, split, batch_size=batch_size, device=device, precision=precision)
    figures = kind.figures(*found)
    return Evaluation(figures["accuracy"], figures["loss"])


def accuracy_by_class(
    module: nn.Module,
    data: Dataset,
    split: Samples,
    *,
    batch_size: int = 512,
    device: torch.device | str = "cpu",
    precision: str = "auto",
) -> tuple[ClassAccuracy, ...]:
    """Accuracy of a network on each class of a split, in the order of the labels.

    Args:
        module: Maps samples to class scores (rows, classes).
        data: The data set, which names the classes.
        split: Labelled samples of it.
        batch_size: Samples in one call; a graph is always taken as a whole.
        device: Device of the module.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.

    Returns:
        Classes without samples are left out; a regression has none.
    """
    if data.targets is not None:
        return ()
    scores, labels = outputs(
        module, split, batch_size=batch_size, device=device, precision=precision
    )
    size = data.task.classes
    names = data.class_names or tuple(map(str, range(size)))
    counts = labels.bincount(minlength=size).tolist()
    right = labels[scores.argmax(1) == labels].bincount(minlength=size).tolist()
    return tuple(
        ClassAccuracy(name, correct / count, count)
        for name, correct, count in zip(names, right, counts, strict=True)
        if count
    )


@torch.no_grad()
def outputs(
    module: nn.Module,
    split: Samples,
    *,
    batch_size: int = 512,
    device: torch.device | str = "cpu",
    precision: str = "auto",
) -> tuple[Tensor, Tensor]:
    """Outputs (n, outputs) of a network in evaluation mode, and labels, of all labelled rows.

    Args:
        module: Maps samples to outputs (rows, outputs).
        split: Labelled samples.
        batch_size: Samples in one call; a graph is always taken as a whole.
        device: Device of the module.
        precision: ``auto`` (bf16 on CUDA), ``fp32`` or ``bf16``.
    """
    module.eval()
    place = torch.device(device)
    found, truth = [], []
    for inputs, labels in split.to(place).batches(batch_size):
        with autocast(place, precision):
            rows = first_tensor(module(*channels_last_for(module, inputs))).float()
        found.append(rows[labelled(labels)])
        truth.append(labels[labelled(labels)])
    return torch.cat(found), torch.cat(truth)
