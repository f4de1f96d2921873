"""Adapt a user's network to the samples of a data set."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nas.errors import GraphError, ImportingError, counted
from nas.events import Noted
from nas.modules.calling import graph_call
from nas.modules.classifier import Classifier
from nas.modules.example_graph import example_graph
from nas.modules.example_inputs import RESOLUTIONS, example_inputs, first_taken
from nas.modules.mode import evaluating
from nas.modules.state import on_copies

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.graph.graph import Graph
    from nas.predictor.card import Card
    from nas.task.task import Task

_CALIBRATION = 256
"""Training samples on which the statistics of batch norms are measured."""
_LARGE, _FEW = 64, 64
"""Above this resolution fewer are used, as all run through the network in one batch."""


@dataclass(frozen=True, eq=False)
class Adapted:
    """A module that takes the samples of a data set.

    Attributes:
        example: Inputs with which the module can be imported as a graph.
        classifier: The module in the form that training and evaluation take.
        calibration: Number of training samples for the statistics of batch norms.
    """

    example: tuple[Tensor, ...]
    classifier: Classifier
    calibration: int


@dataclass(frozen=True)
class _Samples:
    """The samples that a network takes or a data set has.

    Attributes:
        kind: Nodes, images or others.
        width: Features of a node, channels of an image; 0 for others.
    """

    kind: str
    width: int = 0

    @property
    def size(self) -> str:
        """Width in words."""
        return counted(self.width, "feature" if self.kind == "nodes" else "channel")

    def __str__(self) -> str:
        return f"{self.kind} of {self.size}" if self.width else self.kind


def adapt(module: nn.Module, data: Dataset, card: Card, listen: Listener) -> Adapted:
    """Adapt a module to the samples of a data set.

    Images are enlarged if the module does not take their resolution. A graph is passed as
    features and edges, as a record of both, or as features alone.

    Args:
        module: Any module.
        data: The data set.
        card: The card of the hypernetwork.
        listen: Receives a note if images are enlarged.

    Raises:
        GraphError: The module takes other inputs than these samples.
        ImportingError: The inputs of the module cannot be guessed.
    """
    if data.task.traits.on_graph:
        return _of_graph(module, data, card)
    return _of_images(module, data, card, listen)


def _of_images(module: nn.Module, data: Dataset, card: Card, listen: Listener) -> Adapted:
    channels, own = data.task.channels, data.task.resolution
    sizes = [own, *(size for size in RESOLUTIONS if size > own)]
    found = first_taken(module, [(1, channels, size, size) for size in sizes])
    if found is None:
        try:
            taken = _taken(module, card)
        except ImportingError as error:
            raise ImportingError(
                error.message,
                hint=f"Name a network that takes images (1, {channels}, {own}, {own}); for others "
                "use hypernets.predict_module in Python.",
            ) from None
        raise _misfit(taken, data)
    resolution = found.shape[-1]
    if resolution != own:
        listen(
            Noted(
                text=f"The network does not take images of {own} pixels; they are enlarged to "
                f"{resolution}."
            )
        )
    calibration = _CALIBRATION if resolution <= _LARGE else _FEW
    return Adapted((found,), Classifier(module, resolution), calibration)


def _of_graph(module: nn.Module, data: Dataset, card: Card) -> Adapted:
    place = next(module.parameters(), torch.zeros(())).device
    x, edges = data.train.to(place).whole().inputs
    try:
        classifier = Classifier(module, arguments=graph_call(module, x, edges))
    except GraphError:
        with suppress(ImportingError):
            taken = _taken(module, card)
            if taken != _of_task(data.task):
                raise _misfit(taken, data) from None
        raise
    with on_copies(module), evaluating(classifier), torch.no_grad():
        shape = tuple(classifier(x, edges).shape)
    if shape[:1] != (len(x),):
        nodes = counted(len(x), "node")
        raise GraphError(
            f"the network gives outputs of shape {shape} for the {nodes} of data set "
            f"{data.name!r}, expected one row for each of them",
            hint="Make it without pooling over the nodes.",
        )
    return Adapted((x, edges), classifier, _CALIBRATION)


def _taken(module: nn.Module, card: Card) -> _Samples:
    """The samples that a module takes, found by trial.

    Raises:
        ImportingError: They cannot be guessed.
    """
    graph = example_graph(module, card)
    if graph is not None:
        return _Samples("nodes", graph[0].shape[1])
    shape = tuple(example_inputs(module, card).shape)
    if len(shape) == 4:
        return _Samples("images", shape[1])
    return _Samples(f"inputs like {shape}")


def _of_task(task: Task) -> _Samples:
    return _Samples(f"{task.traits.sample}s", task.width)


def _misfit(taken: _Samples, data: Dataset) -> GraphError:
    wanted = _of_task(data.task)
    return GraphError(
        f"the network takes {taken}, but data set {data.name!r} has {wanted}",
        hint=f"Make it for {wanted.size}, or name a matching data set with --dataset.",
    )


def check_outputs(graph: Graph, data: Dataset) -> None:
    """Raise unless a network has one output for each class or target of the data.

    Raises:
        GraphError: The outputs have another shape.
    """
    shape, classes = graph.shapes[graph.outputs[0]], data.task.classes
    if len(shape) != 2 or shape[1] != classes:
        of = data.task.traits.sample
        raise GraphError(
            f"the network gives outputs of shape {shape[1:]} for each {of}, but data set "
            f"{data.name!r} has {counted(classes, 'class')}, so ({classes},) was expected",
            hint=f"Give it {classes} outputs, such as module:factory(num_classes={classes}), or "
            "name a matching data set with --dataset.",
        )
