"""One network of the user's choice, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from nas.compile.module import to_module
from nas.config import changed
from nas.errors import ConfigError
from nas.evaluate.named import data_of
from nas.events import ignore
from nas.exporting.exportable import Exportable
from nas.exporting.graph_file import read_graph_file
from nas.measure.config import MeasureConfig
from nas.measure.measure import measure
from nas.space.candidate import Candidate
from nas.study.single.network import found_network
from nas.task.task import Task

if TYPE_CHECKING:
    from nas.evaluate.named import UserData
    from nas.graph.graph import Graph
    from nas.measure.measurement import Measurement
    from nas.space.own_space import Build
    from nas.space.search_space import SearchSpace


def latency(
    network: nn.Module | Graph | Candidate | str | Path,
    data: UserData | None = None,
    *,
    space: str | SearchSpace | type[SearchSpace] | Build | None = None,
    **options: Any,
) -> Measurement:
    """Measure the latency, peak memory and energy of a network on a device.

    Args:
        network: A module, which is run itself; an architecture, with random weights; a graph file,
            or a folder with one, such as a run; or an architecture in the notation of ``space``.
        data: The data set of a module or a notation, or its name: it determines the inputs.
        space: The space of a notation.
        options: Fields of :class:`nas.measure.config.MeasureConfig`: ``device="cuda"``,
            ``runner="onnxruntime"``, ``command="./bench {model.onnx}"``, ``batch=8``.

    Raises:
        ConfigError: An argument has a wrong type, or one that is needed is missing.
        UnknownNameError: There is no such runner.
        DeviceError: There is no such device.
        GraphError: The file holds no graph.
        ExportError: The network cannot be written for the runner.
        MeasurementError: The network cannot be run, or the command fails.

    Example:
        >>> import nas
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        >>> found = nas.latency(model, "digits", device="cpu")
        >>> found.latency > 0, found.memory > 4 * 650
        (True, True)
    """
    config = changed(MeasureConfig(), options)
    return measure(_exportable(network, data, space), config)


def untrained(network: Graph) -> Exportable:
    """A network with random weights, on which its latency does not depend."""
    return Exportable.of(network, to_module(network).eval())


def _exportable(network: Any, data: UserData | None, space: Any) -> Exportable:
    if isinstance(network, Path) or (isinstance(network, str) and space is None):
        return untrained(read_graph_file(Path(network)))
    if data is None and isinstance(network, nn.Module | str):
        raise ConfigError(
            "the inputs of the network are not known",
            hint="Name its data set with data (--dataset).",
        )
    task = Task(classes=1) if data is None else data_of(data, ignore).task
    found = found_network(network, space, task)
    if not isinstance(found, Candidate):
        return untrained(found)
    own = found.module(0) if isinstance(network, nn.Module) else None
    if own is None:
        return untrained(found.network)
    return Exportable.of(found.network, own.module, own=own)
