"""Reference networks by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from nas.registry import Registry

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.task.task import Task

Reference = Callable[..., "Graph"]
"""Function of a task, and of sizes that differ from the published ones."""

REFERENCES: Registry[Reference] = Registry("reference network")

_Function = TypeVar("_Function", bound=Reference)


def register(name: str) -> Callable[[_Function], _Function]:
    """Decorator that registers a reference network."""

    def add(function: _Function) -> _Function:
        REFERENCES.register(name)(function)
        return function

    return add


def reference(name: str, task: Task) -> Graph:
    """The network of that name for a task.

    Images of 64 pixels and more get the stem published for ImageNet, smaller images the stem of
    the CIFAR versions, which keeps the resolution.

    Raises:
        UnknownNameError: There is no such network.

    Example:
        >>> from nas.analysis.cost import cost
        >>> from nas.task.task import Task
        >>> photos = Task(classes=1000, channels=3, resolution=224)
        >>> f"{cost(reference('resnet18', photos)).params:,}"
        '11,689,512'
    """
    return REFERENCES.get(name)(task)


def reference_names() -> list[str]:
    """Names of all reference networks, sorted."""
    return REFERENCES.names()
