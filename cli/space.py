"""The space that a user names: a registered one, or a custom one in a file."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import ConfigError

if TYPE_CHECKING:
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace
    from nas.task.task import Task

_OWN = re.compile(r"(?P<file>.+\.py):(?P<name>[A-Za-z_][\w.]*)(?::(?P<sizes>.*))?", re.DOTALL)


def find_space(text: str, task: Task) -> SearchSpace:
    """The space of a name or in a file, for a task.

    Args:
        text: ``nb201``, ``nb201:channels=8``, or ``my_space.py:build`` where ``build`` is a
            function of a trial and the task, or a class of spaces; sizes may follow.
        task: Input and classes, as a data set gives them.

    Raises:
        UnknownNameError: There is no such space, file or name in the file.
        ConfigError: The name is not that of a space, or the space has no such macro size.
        ImportingError: The file fails.
    """
    import search_spaces

    own = _OWN.fullmatch(text)
    if own is None:
        return search_spaces.get(text, task)
    from search_spaces.registry import parse_sizes

    found = _in_file(own["file"], own["name"], task)
    given = parse_sizes(own["sizes"] or "", text)
    return found.at(**{**type(found).macro_for(task), **given})


def task_for(text: str) -> Task:
    """The default task for a space: that of CIFAR-10, or that of Cora for nodes.

    Args:
        text: As :func:`find_space` takes it; a function is taken to build networks for images.

    Raises:
        UnknownNameError: There is no such space, file or name in the file.
    """
    from search_spaces.registry import SPACES
    from search_spaces.usual_task import usual_task, usual_tasks

    own = _OWN.fullmatch(text)
    if own is None:
        return usual_task(SPACES.get(text.partition(":")[0]))
    thing = _read(own["file"], own["name"])
    return usual_task(thing) if isinstance(thing, type) else usual_tasks()[0]


def _in_file(file: str, name: str, task: Task) -> SearchSpace:
    from nas.space.own_space import own_space

    thing = _read(file, name)
    if isinstance(thing, type):
        space: SearchSpace = thing(task=task)
        return space
    stem = Path(file).stem
    called = stem if name == "build" else f"{stem}-{name}"
    return own_space(thing, task, name=called, source=f"{file}:{name}")


def _read(file: str, name: str) -> type[SearchSpace] | Build:
    """The function or class that makes a space; it is not called here.

    Raises:
        UnknownNameError: There is no such file, or nothing of that name in it.
        ConfigError: It is something else, or belongs to the standard library.
        ImportingError: The file fails.
    """
    from cli.user_code.loading import find, is_standard, standard_refused
    from nas.space.search_space import SearchSpace

    thing = find(file, name.split("."))
    if is_standard(thing):
        raise standard_refused(f"{file}:{name}")
    is_space = isinstance(thing, type) and issubclass(thing, SearchSpace)
    if not (inspect.isfunction(thing) or (is_space and not inspect.isabstract(thing))):
        kind = thing.__name__ if isinstance(thing, type) else type(thing).__name__
        raise ConfigError(
            f"{f'{file}:{name}'!r} is {kind}, expected a function or a class of search spaces",
            hint="Name a function of a trial and the task, or a subclass of nas.SearchSpace.",
        )
    found: type[SearchSpace] | Build = thing
    return found
