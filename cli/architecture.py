"""Architectures as users name them: a graph file, a run folder, a trial of one, a notation."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cli.short_name import notation_of, split_name
from nas.errors import EncodingError, GraphError, NasError
from nas.files import there

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.task.task import Task


def read_architecture(text: str, space_name: str, task: Task) -> Graph:
    """The graph behind a command line argument, see :func:`read_network`."""
    from nas.space.candidate import Candidate

    found = read_network(text, space_name, task)
    return found.network if isinstance(found, Candidate) else found


def read_network(text: str, space_name: str, task: Task) -> Graph | Candidate:
    """The graph in a file, or the candidate of a notation.

    Args:
        text: A graph as JSON (``architecture.json``), a run folder with a best model, an
            architecture of a run by its trial (``RUN#78``) or the first characters of its hash
            (``RUN#1a2b3c``), or one in the notation of a space.
        space_name: The space of a notation.
        task: The task of the network of a notation.

    Raises:
        EncodingError: The text is no architecture of the space.
        GraphError: The file holds no graph.
        UnknownNameError: The run has no such trial.
    """
    from cli.space import find_space
    from nas.exporting.graph_file import read_graph_file
    from nas.space.candidate import candidate

    path = Path(text or "\0")  # an empty text is not the working directory
    if there(path, Path.exists):
        return read_graph_file(path)
    space, named = find_space(space_name, task), split_name(text)
    if named is not None:
        text = notation_of(*named)
    try:
        return candidate(space, text)
    except EncodingError as error:
        if path.suffix == ".json":
            raise GraphError(
                f"no file {text!r}", hint="Give a graph file, a run folder, or a notation."
            ) from None
        other = _space_of(text, task, beside=space)
        if other is not None:
            raise EncodingError(
                f"{text!r} is no architecture of space {space.name!r}, but one of {other!r}",
                hint=f"Add --space {other}.",
            ) from None
        raise not_in_space(space, error) from None


def read_any(text: str, space_name: str, task: Task) -> Graph | Candidate:
    """An architecture as :func:`read_network` takes it, or a module as a baseline is given.

    Args:
        text: An architecture, ``MODEL.py:factory`` or ``torchvision:NAME``.
        space_name: The space of a notation.
        task: The task of the network.

    Raises:
        NasError: It cannot be read, or is no network for the task.
    """
    from cli.user_code.baseline import read_baselines
    from cli.user_code.module_factory import is_factory

    if not is_factory(text):
        return read_network(text, space_name, task)
    (found,) = read_baselines([text], task).values()
    return found


def _space_of(text: str, task: Task, *, beside: SearchSpace) -> str | None:
    """Another registered space that takes a notation."""
    import search_spaces
    from nas.space.candidate import candidate

    for name in search_spaces.names():
        if name != beside.name:
            with suppress(NasError):
                candidate(search_spaces.get(name, task), text)
                return name
    return None


def not_in_space(space: SearchSpace, error: EncodingError, where: str = "") -> EncodingError:
    """The same error with the name of the space and a hint on its notation."""
    return EncodingError(
        f"{where}no architecture of space {space.name!r}: {error.message}",
        hint=error.hint or f"`nas rank --space {space.name} --sample 1 --json` shows one.",
    )
