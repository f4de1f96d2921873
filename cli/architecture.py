"""Architectures as users name them: a graph file, a run folder, a notation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import GraphError

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.space.task import Task


def read_architecture(text: str, space_name: str, task: Task) -> Graph:
    """The graph behind a command line argument.

    Args:
        text: A graph as JSON (``architecture.json``), a run folder with a best model, or an
            architecture in the notation of a space.
        space_name: The space of a notation.
        task: What the network of a notation is for.

    Raises:
        EncodingError: The text is no architecture of the space.
        GraphError: The file holds no graph, or one for another input.
    """
    import search_spaces
    from nas.graph.graph import Graph

    path = Path(text)
    for file in (path, path / "best" / "architecture.json", path / "architecture.json"):
        if _is_file(file):
            graph = Graph.from_json(file.read_text())
            _check_fits(graph, task, file)
            return graph
    return search_spaces.get(space_name, task).graph(text)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a notation can be longer than a file name may be
        return False


def _check_fits(graph: Graph, task: Task, file: Path) -> None:
    expected = (1, task.channels, task.resolution, task.resolution)
    (output,) = (graph.shapes[name] for name in graph.outputs)
    if graph.inputs[0].shape != expected or output != (1, task.classes):
        raise GraphError(
            f"the network in {str(file)!r} maps {graph.inputs[0].shape} to {output}, but the data "
            f"needs {expected} to {(1, task.classes)}",
            hint="Name the data set the architecture was made for with --dataset.",
        )
