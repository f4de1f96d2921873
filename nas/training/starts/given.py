"""What initial weights are made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from torch import Tensor, nn

from nas.errors import DataError, described
from nas.task.batch import labelled
from nas.task.classes import cross_entropy
from nas.task.image_regression import squared_error
from nas.training.starts.sample import even, missing_classes

if TYPE_CHECKING:
    from nas.data.dataset import Dataset

SAMPLES = 256
"""Samples that run through a network at once; fewer of large images."""
_FEWEST = 64
_PIXELS = SAMPLES * 64**2

Loss = Callable[[Tensor, Tensor, float], Tensor]
"""Mean loss of outputs (rows, outputs) for labels, with a share of label smoothing."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Given:
    """What initial weights are made from.

    Attributes:
        inputs: Arguments of one call of the network: training samples.
        labels: Of every row of its output, as ``loss`` takes them.
        targets: Outputs of a perfect network for the labelled rows (n, outputs), floats.
        loss: Of outputs for labels.
        seed: Of all random draws.
        predict: Writes the weights that a hypernetwork predicts into a network.
        notes: Remarks on the samples, in sentences.
    """

    inputs: tuple[Any, ...]
    labels: Tensor
    targets: Tensor
    loss: Loss
    seed: int = 0
    predict: Callable[[nn.Module], object] | None = None
    notes: tuple[str, ...] = ()

    @property
    def batches(self) -> list[tuple[Any, ...]]:
        """The inputs in parts that run through a network at once."""
        images = self.inputs[0]
        if len(self.inputs) > 1 or not isinstance(images, Tensor) or images.dim() != 4:
            return [self.inputs]
        parts = -(-len(images) // _at_once(images.shape[2:].numel()))
        return [(part,) for part in images.chunk(parts)]

    @property
    def rows(self) -> Tensor:
        """The rows that have a label (n,)."""
        return labelled(self.labels).nonzero().flatten()


def given_by(data: Dataset, *, samples: int | None = None, seed: int = 0) -> Given:
    """Training samples of a data set, as many of each class; of a graph all nodes.

    Args:
        data: Only its training split is read.
        samples: How many; if None, as many as run through a network at once.
        seed: Of all random draws.
    """
    kind, classes = data.task.traits, data.task.classes
    chosen = data.train
    if not kind.on_graph:
        count = samples or _at_once(data.task.resolution**2)
        chosen = chosen.subset(even(chosen.labels, count, seed))
    inputs, labels = chosen.whole()
    return Given(
        inputs=inputs,
        labels=labels,
        targets=kind.targets(labels[labelled(labels)], classes).float(),
        loss=kind.loss,
        seed=seed,
        notes=missing_classes(data.train.labels, classes, data.class_names),
    )


def given_tensors(inputs: Tensor, labels: Tensor, outputs: int, *, seed: int = 0) -> Given:
    """Some of a pair of tensors, as many of each class.

    Args:
        inputs: Samples (n, ...).
        labels: Class indices (n,), integers; several labels of each sample (n, outputs), zeros and
            ones as floats; or the targets of a regression (n, outputs), floats.
        outputs: Number of outputs of the network.
        seed: Of all random draws.

    Raises:
        DataError: Their shapes do not fit, or a label is no class.
    """
    fits = labels.dim() == 1
    if labels.is_floating_point():
        labels = labels[:, None] if labels.dim() == 1 else labels
        fits = labels.dim() == 2 and labels.shape[1] == outputs
    if not fits or len(labels) != len(inputs) or not len(inputs):
        raise DataError(
            f"expected labels for {len(inputs)} samples: classes (n,), or numbers "
            f"(n, {outputs}), got {described(labels)} of shape {tuple(labels.shape)}"
        )
    if labels.is_floating_point():
        several = bool(((labels == 0) | (labels == 1)).all())
        loss: Loss = _binary_cross_entropy if several else squared_error
        targets = labels
    else:
        labels = labels.long()
        if not 0 <= int(labels.min()) <= int(labels.max()) < outputs:
            raise DataError(
                f"expected labels from 0 to {outputs - 1}, as the network has {outputs} outputs, "
                f"got {int(labels.min())} to {int(labels.max())}"
            )
        loss, targets = cross_entropy, F.one_hot(labels, outputs)
    chosen = even(labels, SAMPLES, seed)
    return Given(
        inputs=(inputs[chosen],),
        labels=labels[chosen],
        targets=targets[chosen].float(),
        loss=loss,
        seed=seed,
        notes=missing_classes(labels, outputs),
    )


def _at_once(pixels: int) -> int:
    """Images of a size that run through a network at once."""
    return max(_FEWEST, min(SAMPLES, _PIXELS // pixels))


def _binary_cross_entropy(outputs: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Mean loss of several labels, each of which is present or not."""
    return F.binary_cross_entropy_with_logits(outputs, labels)
