"""One network of the user's choice, written in the formats of other programs."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from nas.data.description import Description
from nas.data.fitted import fitted
from nas.errors import ConfigError, described
from nas.evaluate.named import data_of
from nas.events import Listener, ignore
from nas.exporting.export import ExportedFile
from nas.exporting.export import export as export_files
from nas.exporting.exportable import Exportable, read_exportable
from nas.exporting.exporters.exporter import ExportOptions
from nas.exporting.files import Files
from nas.exporting.graph_file import find_graph_file, read_graph_file
from nas.modules.surroundings import unwrapped
from nas.space.candidate import Candidate
from nas.study.single.network import found_network
from nas.task.task import Task
from nas.training.weights_file import load_weights

if TYPE_CHECKING:
    from nas.evaluate.named import UserData
    from nas.graph.graph import Graph
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace

_NAME_DATA = "Name it with data (--dataset)."


def export(
    network: nn.Module | Graph | Candidate | str | Path,
    out: str | Path,
    formats: str | Sequence[str] = ("python",),
    *,
    weights: str | Path | None = None,
    data: UserData | None = None,
    space: str | SearchSpace | type[SearchSpace] | Build | None = None,
    with_preprocessing: bool = False,
    opset: int | None = None,
    listen: Listener = ignore,
) -> tuple[ExportedFile, ...]:
    """Write a network with its weights so that other programs can use it.

    Each file is loaded and run in a new process without this package before it replaces another.

    Args:
        network: The folder of a finished search or training; a module, with the weights it has
            unless others are given; an architecture, or one in the notation of ``space``.
        out: The folder to write to.
        formats: Names in :data:`nas.exporting.exporters.EXPORTERS`, or one text with commas.
        weights: A file of safetensors or, for a module, of a state that torch saved; by default
            those in the folder.
        data: The data set that the network is for, or its name or path; by default what the file
            of weights says of it.
        space: The space of a notation.
        with_preprocessing: Whether programs take images in bytes and normalise them.
        opset: Version of ONNX's operators.
        listen: Receives the progress.

    Raises:
        UnknownNameError: There is no such format.
        ConfigError: An argument has a wrong type, or one that is needed is missing.
        CheckpointError: The weights cannot be read, or are of another network.
        GraphError: The folder holds no architecture, or the network is not for this data.
        ExportError: A file cannot be written or run, or its outputs differ from the network's.

    Example:
        >>> import tempfile, nas
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        >>> files = nas.export(model, tempfile.mkdtemp(), "torch-export", data="digits")
        >>> files[0].path.name, files[0].rows
        ('model.pt2', (1, 3, 64))
    """
    names = formats.split(",") if isinstance(formats, str) else formats
    if not (isinstance(names, Sequence) and all(isinstance(name, str) for name in names)):
        raise ConfigError(
            f"expected formats by name, got {described(formats)}",
            hint='Write formats="onnx" or formats=["python", "onnx"].',
        )
    file = None if weights is None else Path(weights)
    known = None if data is None else data_of(data, listen)
    about = None if known is None else Description.of(known)
    if isinstance(network, Path) or (isinstance(network, str) and space is None):
        found = _of_folder(Path(network), file)
    elif isinstance(network, nn.Module):
        found = _of_module(network, file, about)
    else:
        found = _of_architecture(network, file, about, space)
    if known is not None:
        found = replace(found, about=Description.of(fitted(known, found.graph)))
    return export_files(
        found,
        Path(out),
        names,
        ExportOptions(with_preprocessing=with_preprocessing, opset=opset),
        listen=listen,
    )


def _of_folder(path: Path, weights: Path | None) -> Exportable:
    """The network of a file, with the weights that lie beside it."""
    beside = Files(find_graph_file(path).parent).weights
    return read_exportable(read_graph_file(path), weights or beside)


def _of_module(module: nn.Module, weights: Path | None, about: Description | None) -> Exportable:
    module = copy.deepcopy(unwrapped(module))
    head = {} if weights is None else load_weights(module, weights)
    about = about or Description.read(head)
    if about is None:
        raise ConfigError("the data set of the module is not known", hint=_NAME_DATA)
    found = found_network(module, None, about.task)
    assert isinstance(found, Candidate)
    own = found.module(0)
    assert own is not None
    return Exportable.of(found.network, own.module, own=own, about=about)


def _of_architecture(
    network: Any, weights: Path | None, about: Description | None, space: Any
) -> Exportable:
    if isinstance(network, str) and about is None:
        raise ConfigError("the data set of the notation is not known", hint=_NAME_DATA)
    found = found_network(network, space, about.task if about else Task(classes=1))
    if weights is None:
        raise ConfigError(
            "an architecture has no weights",
            hint="Name their file with weights (--weights), or train it first (nas train).",
        )
    return read_exportable(found.network if isinstance(found, Candidate) else found, weights)
