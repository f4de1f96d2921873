"""Architectures of a run as files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.runs import read_settings, read_task
from cli.setup import out_directory, out_file
from nas.errors import ConfigError, StudyError
from nas.files import there, write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.graph.graph import Graph

_GRAPH = "architecture.json"


def write_graph(run: Path, found: Mapping[str, Any], space: str | None, file: Path) -> None:
    """Write the graph of an architecture of a run as JSON.

    Args:
        run: The run folder.
        found: Its trial: ``number``, ``architecture`` and ``hash``.
        space: The space, where its name is not on record; see :func:`cli.space.find_space`.
        file: What to write.

    Raises:
        ConfigError: The file is not called ``.json``, or the space must be given.
        StudyError: The space does not build the network that the run has recorded.
    """
    if file.suffix != ".json":
        raise ConfigError(
            f"graphs are JSON, and {str(file)!r} does not end with .json",
            hint=f"Name a file like {_GRAPH}.",
        )
    write_text(out_file(file), _graph(run, found, space).to_json())


def export_members(
    run: Path, members: Sequence[Mapping[str, Any]], space: str | None, out: Path
) -> dict[int, dict[str, str]]:
    """Write each architecture into a folder of its own: its graph, and its model if it has one.

    Args:
        run: The run folder.
        members: Architectures of its result.
        space: As :func:`write_graph` takes it.
        out: The folder of these folders.

    Returns:
        For each number of a trial its files, by name.

    Raises:
        ConfigError: The space must be given.
        StudyError: The space does not build a network that the run has recorded.
    """
    graphs = {found["number"]: _graph(run, found, space) for found in members}
    out_directory(out, "")
    best = _exported(run)
    files = {}
    for found in members:
        graph, folder = graphs[found["number"]], out / f"{found['number']}-{found['hash'][:8]}"
        if best is not None and graph.hash() == best.hash():
            shutil.copytree(run / "best", folder, dirs_exist_ok=True)
        else:
            write_text(folder / _GRAPH, graph.to_json())
        files[found["number"]] = {file.stem: str(file) for file in sorted(folder.iterdir())}
    return files


def _exported(run: Path) -> Graph | None:
    """The network of the best model of a run; None if none was exported."""
    from nas.exporting.graph_file import read_graph_file

    file = run / "best" / _GRAPH
    return read_graph_file(file) if there(file, Path.is_file) else None


def _graph(run: Path, found: Mapping[str, Any], space: str | None) -> Graph:
    best = _exported(run)
    if best is not None and best.hash() == found["hash"]:
        return best
    from cli.space import find_space
    from nas.space.candidate import candidate

    name = space or read_settings(run, ("space",))["space"]
    made = candidate(find_space(name, read_task(run)), found["architecture"])
    if found["hash"] is not None and made.hash != found["hash"]:
        raise StudyError(
            f"space {name!r} does not build the network that the run in {str(run)!r} has "
            f"recorded as trial {found['number']}",
            hint="Give the space as it was when the run began, with its sizes.",
        )
    return made.network
