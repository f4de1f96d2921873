"""Architectures as users name them: a graph file, a run folder, a trial of one, a notation."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cli.paths import there
from cli.short_name import notation_of, split_name
from nas.errors import EncodingError, GraphError, NasError

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace
    from nas.task.task import Task

_GRAPH_FILES = "`nas search` and `nas train` write such files as architecture.json."


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


def read_graph_file(path: Path) -> Graph:
    """The graph in a JSON file, or in the folder of a finished search or training.

    Raises:
        GraphError: There is none.
    """
    for file in (path, path / "best" / "architecture.json", path / "architecture.json"):
        if there(file, Path.is_file):
            return _read_graph(file)
    if there(path, Path.is_dir):
        raise GraphError(
            f"the folder {str(path)!r} holds neither best/architecture.json nor architecture.json",
            hint="Name the folder of a finished `nas search` or `nas train`.",
        )
    raise GraphError(f"no file {str(path)!r}", hint=_GRAPH_FILES)


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


def _read_graph(file: Path) -> Graph:
    from nas.graph.graph import Graph
    from nas.graph.ops.parameter import Constant

    try:
        graph = Graph.from_json(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise GraphError(f"{str(file)!r} is no text", hint=_GRAPH_FILES) from None
    except GraphError as error:
        raise GraphError(
            f"{str(file)!r}: {error.message}", hint=error.hint or _GRAPH_FILES
        ) from None
    if any(isinstance(node.op, Constant) for node in graph.nodes):
        raise GraphError(
            f"{str(file)!r} is a graph with fixed tensors, whose numbers are not in the file",
            hint="Name the module it was imported from: nas predict package.module:factory.",
        )
    return graph
