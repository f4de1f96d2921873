"""Data at the resolution that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.errors import GraphError

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph


def fitted(data: Dataset, graph: Graph) -> Dataset:
    """The data at the input resolution of a network.

    Raises:
        GraphError: The network does not map the data's samples to its classes.
    """
    task, kind = data.task, data.task.traits
    # a graph that was read from a module has the number of edges it was read with
    inputs = tuple((2, 1) if spec.is_edge_index else spec.shape for spec in graph.inputs)
    outputs = tuple(graph.shapes[name] for name in graph.outputs)
    resolution = inputs[0][-1]
    if inputs == kind.spec(task.width, resolution) and outputs == ((1, task.classes),):
        return data.at(resolution)
    needed = " and ".join(map(str, kind.spec(task.width, resolution)))
    raise GraphError(
        f"the network maps {' and '.join(map(str, inputs))} to {' and '.join(map(str, outputs))}, "
        f"but data set {data.name!r} needs {needed} to (1, {task.classes})",
        hint="Name the data set the architecture was made for with --dataset.",
    )
