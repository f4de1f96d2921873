"""Tasks of networks, and the properties of each kind of task."""

from nas.task.batch import UNLABELLED, Batch
from nas.task.image_regression import IMAGE_REGRESSION
from nas.task.images import IMAGE_CLASSIFICATION
from nas.task.kind import KINDS, TaskKind
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

__all__ = [
    "IMAGE_CLASSIFICATION",
    "IMAGE_REGRESSION",
    "KINDS",
    "NODE_CLASSIFICATION",
    "UNLABELLED",
    "Batch",
    "Task",
    "TaskKind",
]
