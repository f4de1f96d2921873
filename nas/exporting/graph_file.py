"""Files of graphs, and the folders in which they lie."""

from __future__ import annotations

from pathlib import Path

from nas.errors import GraphError
from nas.files import there
from nas.graph.graph import Graph
from nas.graph.ops.parameter import Constant

_NAME = "architecture.json"
_WRITTEN = f"`nas search` and `nas train` write such files as {_NAME}."


def find_graph_file(path: Path) -> Path:
    """The JSON file of a graph: the path itself, or in the folder of a search or a training.

    Raises:
        GraphError: There is none.
    """
    for file in (path, path / "best" / _NAME, path / _NAME):
        if there(file, Path.is_file):
            return file
    if there(path, Path.is_dir):
        raise GraphError(
            f"the folder {str(path)!r} holds neither best/{_NAME} nor {_NAME}",
            hint="Name the folder of a finished `nas search` or `nas train`.",
        )
    raise GraphError(f"no file {str(path)!r}", hint=_WRITTEN)


def read_graph_file(path: Path) -> Graph:
    """The graph in a JSON file, or in the folder of a finished search or training.

    Raises:
        GraphError: There is none.
    """
    file = find_graph_file(path)
    try:
        graph = Graph.from_json(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise GraphError(f"{str(file)!r} is no text", hint=_WRITTEN) from None
    except GraphError as error:
        raise GraphError(f"{str(file)!r}: {error.message}", hint=error.hint or _WRITTEN) from None
    if any(isinstance(node.op, Constant) for node in graph.nodes):
        raise GraphError(
            f"{str(file)!r} is a graph with fixed tensors, whose numbers are not in the file",
            hint="Name the module it was imported from: nas predict package.module:factory.",
        )
    return graph
