"""The loss of a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from torch import Tensor

from nas.task.batch import Batch, labelled
from nas.training.methods.class_weights import class_weights
from nas.training.methods.distillation import distillation_loss

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.training.config import TrainConfig
    from nas.training.methods.distillation import Teacher

Loss = Callable[[Tensor, Batch], Tensor]
"""The loss of the outputs (rows, outputs) of a network for a batch."""


def training_loss(config: TrainConfig, data: Dataset, teacher: Teacher | None = None) -> Loss:
    """The loss that a training lowers: that of the task, and the distance from a teacher.

    Args:
        config: Label smoothing, balance of the classes, and the share of the teacher.
        data: The data set, on the device of the training.
        teacher: On the same device.
    """
    kind = data.task.traits
    labels = data.train.labels
    weights = None
    if config.balanced:
        weights = class_weights(labels, data.task.classes).to(labels.device)

    def loss(outputs: Tensor, batch: Batch) -> Tensor:
        own = kind.loss(outputs, batch.labels, config.label_smoothing, weights)
        if teacher is None:
            return own
        rows = labelled(batch.labels)
        taught = teacher.outputs(batch.inputs)[rows]
        distance = distillation_loss(outputs[rows], taught, config.temperature)
        return (1 - config.teacher_share) * own + config.teacher_share * distance

    return loss
