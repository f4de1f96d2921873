"""Small tasks for every space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from cli.space import task_for
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

if TYPE_CHECKING:
    from torch import Tensor

DIGITS = Task(classes=10, channels=1, resolution=8)
NODES = Task(kind=NODE_CLASSIFICATION, classes=10, features=12)


def small_task(name: str) -> Task:
    """A small task of the kind that the space of that name is for."""
    return NODES if is_for_nodes(name) else DIGITS


def is_for_nodes(name: str) -> bool:
    """Whether the networks of a space classify the nodes of a graph."""
    return task_for(name).traits.on_graph


def random_inputs(task: Task, count: int) -> tuple[Tensor, ...]:
    """Images, or a graph of so many nodes with three edges for each."""
    if task.traits.on_graph:
        return torch.randn(count, task.features), torch.randint(count, (2, 3 * count))
    return (torch.randn(count, task.channels, task.resolution, task.resolution),)
