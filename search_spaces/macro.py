"""Macro sizes of spaces: defaults for a task, and checks."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from nas.errors import ConfigError
from nas.task.task import check_task

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nas.space.search_space import SearchSpace

MacroSizes = dict[str, Any]

_LARGEST = 16_384
"""Largest macro size; up to it the limits of networks refuse a large network within seconds."""


def for_resolution(sizes: Mapping[float, MacroSizes], resolution: int) -> MacroSizes:
    """The entry of the smallest key that ``resolution`` does not exceed.

    Args:
        sizes: Macro sizes by the largest resolution they are meant for; one key is infinite.
        resolution: Side of the images in pixels.
    """
    return sizes[min(limit for limit in sizes if resolution <= limit)]


def check_image_space(space: SearchSpace) -> None:
    """Raise unless the task is on images and all sizes are of the right type.

    Raises:
        ConfigError: They are not; the message names the size.
    """
    check_task(space.task)
    task = space.task
    if min(task.channels, task.resolution, task.classes) < 1:
        raise ConfigError(
            f"space {space.name!r} needs a task on images, with channels, resolution and "
            f"classes, got {task}"
        )
    _check_sizes(space)


def check_node_space(space: SearchSpace) -> None:
    """Raise unless the task is on nodes and all sizes are of the right type.

    Raises:
        ConfigError: They are not; the message names the size.
    """
    check_task(space.task)
    task = space.task
    if min(task.features, task.classes) < 1:
        raise ConfigError(
            f"space {space.name!r} needs a task on nodes, with features and classes, got {task}"
        )
    _check_sizes(space)


def check_choice(space: SearchSpace, name: str, choices: Iterable[str]) -> None:
    """Raise unless a macro field holds one of the choices.

    Raises:
        ConfigError: It holds another value.
    """
    value = getattr(space, name)
    if value not in choices:
        raise ConfigError(
            f"space {space.name!r}: {name} must be one of {', '.join(map(repr, choices))}, "
            f"got {value!r}"
        )


def check_minimum(space: SearchSpace, name: str, minimum: int) -> None:
    """Raise unless a macro field is at least ``minimum``.

    Raises:
        ConfigError: It is smaller.
    """
    value = getattr(space, name)
    if value < minimum:
        raise ConfigError(f"space {space.name!r}: {name} must be at least {minimum}, got {value}")


def check_maximum(space: SearchSpace, name: str, maximum: int) -> None:
    """Raise unless a macro field is at most ``maximum``.

    Raises:
        ConfigError: It is larger.
    """
    value = getattr(space, name)
    if value > maximum:
        raise ConfigError(f"space {space.name!r}: {name} must be at most {maximum}, got {value}")


def check_rate(space: SearchSpace, name: str) -> None:
    """Raise unless a macro field is a probability below 1.

    Raises:
        ConfigError: It is not.
    """
    value = getattr(space, name)
    if not 0 <= value < 1:
        raise ConfigError(f"space {space.name!r}: {name} must lie in [0, 1), got {value}")


def _check_sizes(space: SearchSpace) -> None:
    for field in dataclasses.fields(space):
        if field.name != "task":
            _check_size(space, field.name, field.default)


def _check_size(space: SearchSpace, name: str, default: object) -> None:
    value = getattr(space, name)
    if type(value) is not type(default):
        raise ConfigError(
            f"space {space.name!r}: {name} must be of type {type(default).__name__}, got {value!r}"
        )
    if isinstance(value, int) and not isinstance(value, bool):
        check_minimum(space, name, 1)
        if value > _LARGEST:
            raise ConfigError(
                f"space {space.name!r}: {name} must be at most {_LARGEST:,}, got {value:,}"
            )
