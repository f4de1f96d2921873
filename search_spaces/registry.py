"""Search spaces by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from nas.errors import ConfigError, described
from nas.registry import Registry
from nas.space.search_space import SearchSpace
from nas.task.task import check_task

if TYPE_CHECKING:
    from nas.task.task import Task

SPACES: Registry[type[SearchSpace]] = Registry("search space")

_SpaceClass = TypeVar("_SpaceClass", bound=type[SearchSpace])
_TRUTH = {"true": True, "false": False}


def register(cls: _SpaceClass) -> _SpaceClass:
    """Class decorator that registers a space under its own name."""
    SPACES.register(cls.name)(cls)
    return cls


def get(name: str, task: Task, **macro: Any) -> SearchSpace:
    """The space of that name for a task.

    Macro sizes come from ``macro``, then from the name, then from the defaults for the task.

    Args:
        name: A registered name, optionally with macro sizes after a colon:
            ``"nb201:channels=8,cells=1"``.
        task: Task of a data set: input and classes.
        macro: Macro sizes of the space, or ``resolution`` for images of another size.

    Raises:
        UnknownNameError: There is no such space.
        ConfigError: The space has no such macro size, or it is out of range; or a name or a task
            is none.

    Example:
        >>> from nas.task.task import Task
        >>> digits = Task(classes=10, channels=1, resolution=8)
        >>> get("nb201:cells=2", digits).macro()
        {'channels': 16, 'cells': 2, 'reduction': 'residual'}
    """
    if not isinstance(name, str):
        raise ConfigError(f"expected the name of a search space, got {described(name)}")
    check_task(task)
    plain, _, options = name.partition(":")
    cls = SPACES.get(plain)
    return cls(task=task).at(**{**cls.macro_for(task), **parse_sizes(options, name), **macro})


def names() -> list[str]:
    """Names of all spaces, sorted."""
    return SPACES.names()


def parse_sizes(options: str, name: str) -> dict[str, Any]:
    """``"channels=8,cells=1"`` as a dictionary.

    Args:
        options: Keys and values; whole numbers, numbers and truth values are read as such.
        name: Owner of the options, for messages.

    Raises:
        ConfigError: An option has no value.
    """
    parsed: dict[str, Any] = {}
    for option in options.split(",") if options else ():
        key, equals, value = option.partition("=")
        if not (key.strip() and equals and value.strip()):
            raise ConfigError(
                f"expected 'key=value' in {name!r}, got {option!r}",
                hint="Write for example channels=8,cells=1.",
            )
        parsed[key.strip()] = _value(value.strip())
    return parsed


def _value(text: str) -> int | float | bool | str:
    if text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
