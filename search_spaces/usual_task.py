"""A task for a space where no data set is named."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from nas.errors import ConfigError
from nas.task.kind import KINDS
from nas.task.task import Task

if TYPE_CHECKING:
    from nas.space.search_space import SearchSpace


def usual_tasks() -> list[Task]:
    """A task of each kind; that of images first."""
    return [Task(kind=name, **KINDS.get(name).usual) for name in KINDS]


def usual_task(cls: type[SearchSpace]) -> Task:
    """The first usual task that a class of spaces is for, such as that of CIFAR-10 or of Cora."""
    *others, last = usual_tasks()
    for task in others:
        with suppress(ConfigError):
            cls(task=task)
            return task
    return last
