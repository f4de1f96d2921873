"""A network with predicted weights, whichever way the user named it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from nas.errors import GraphError, ImportingError, counted
from nas.events import Listener, Noted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from torch import Tensor, nn

    from hypernets.predicted_module import PredictedModule
    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import Shape
    from nas.predictor.card import Card
    from nas.train.classifier import Classifier

_CALIBRATION = 256
"""Training images that give the batch norms their statistics."""
_LARGE, _FEW = 64, 64
"""Beyond this resolution there are fewer of them, as all go through the network at once."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """A network and the data it is for.

    Attributes:
        predicted: The network and how it came by its weights; batch statistics are measured.
        classifier: The same network as training and evaluation take it.
        data: At the network's resolution, or at another one that the classifier changes.
        default: The classifier's state by its own initialisation.
    """

    predicted: PredictedModule[nn.Module]
    classifier: Classifier
    data: Dataset
    default: Mapping[str, Tensor]


def of_architecture(
    text: str,
    space: str,
    data: Dataset,
    weights: str | None,
    device: torch.device,
    seed: int,
    listen: Listener,
) -> Prediction:
    """An architecture as :func:`cli.architecture.read_architecture` takes it.

    Args:
        text: The architecture.
        space: The space of a notation.
        data: What it is for.
        weights: A hypernetwork; one shipped for the space if None.
        device: Where to predict.
        seed: Of the default weights.
        listen: Hears what should be known of the hypernetwork.

    Raises:
        NasError: The architecture or the hypernetwork cannot be read, or do not fit the data.
    """
    from cli.architecture import read_architecture
    from cli.setup import load_weights
    from cli.space import find_space
    from hypernets.predicted_module import PredictedModule
    from nas.compile.module import to_module
    from nas.data.fitted import fitted
    from nas.importers.imported import Coverage
    from nas.train.classifier import Classifier
    from nas.train.predict import predict

    start = perf_counter()
    graph = read_architecture(text, space, data.task)
    read = perf_counter() - start
    hypernet = load_weights(weights, find_space(space, data.task), data, device, listen)
    found = predict(graph, data, hypernet)
    with _seeded(seed):
        default = _kept(to_module(graph))
    sizes = {name: tensor.numel() for name, tensor in found.params.items()}
    module: nn.Module = found.module().to(device)
    seconds = {"import": read, "predict": found.seconds}
    predicted = PredictedModule(module, graph, Coverage(sizes, {}, {}), seconds)
    return Prediction(predicted, Classifier(module), fitted(data, graph), default)


def of_factory(
    text: str,
    data: Dataset,
    weights: str | None,
    device: torch.device,
    seed: int,
    listen: Listener,
) -> Prediction:
    """A module that Python makes, as :func:`cli.module_factory.make_module` takes it.

    Images that the module does not take at their own resolution are enlarged.

    Args:
        text: What makes the module.
        data: What it is for.
        weights: A hypernetwork; one shipped for the data set if None.
        device: Where to predict.
        seed: Of the default weights.
        listen: Hears what should be known of hypernetwork and images.

    Raises:
        NasError: The module or the hypernetwork cannot be read, or do not fit the data.
    """
    from cli.module_factory import make_module
    from cli.setup import load_general_weights
    from hypernets.predicted_module import predict_module
    from nas.train.batch_statistics import measure_statistics
    from nas.train.classifier import Classifier

    with _seeded(seed):
        module = make_module(text).to(device)
    default = _kept(module)
    hypernet = load_general_weights(weights, data, device, listen)
    example = _image(module, data, hypernet.card)
    resolution = example.shape[-1]
    if resolution != data.task.resolution:
        listen(
            Noted(
                text=f"The network does not take images of {data.task.resolution} pixels; they "
                f"are enlarged to {resolution}."
            )
        )
    predicted = predict_module(hypernet, module, example)
    _check_classes(predicted.graph, data)
    classifier = Classifier(module, resolution)
    samples = data.train.spread(_CALIBRATION if resolution <= _LARGE else _FEW).to(device)
    measure_statistics(classifier, *samples.whole().inputs)
    module.eval()
    return Prediction(predicted, classifier, data, default)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """While active, torch draws the default weights of a seed."""
    import torch

    from nas.seeding import derive

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "weights"))
        yield


def _kept(module: nn.Module) -> dict[str, Tensor]:
    """A copy of a module's state, under the names it has in a classifier."""
    return {f"network.{name}": tensor.clone() for name, tensor in module.state_dict().items()}


def _image(module: nn.Module, data: Dataset, card: Card) -> Tensor:
    """An image of the data set at the first resolution that a module takes.

    Raises:
        GraphError: It takes none of them, but something else.
        ImportingError: It takes nothing that can be guessed.
    """
    from hypernets.example_inputs import RESOLUTIONS, example_inputs, first_taken

    channels, own = data.task.channels, data.task.resolution
    sizes = [own, *(size for size in RESOLUTIONS if size > own)]
    found = first_taken(module, [(1, channels, size, size) for size in sizes])
    if found is not None:
        return found
    try:
        taken = tuple(example_inputs(module, card).shape)
    except ImportingError as error:
        raise ImportingError(
            error.message,
            hint=f"Make a network that takes images (1, {channels}, {own}, {own}); for others "
            "there is hypernets.predict_module in Python.",
        ) from None
    raise GraphError(
        f"the network takes {_described(taken)}, but data set {data.name!r} has images of "
        f"{counted(channels, 'channel')}",
        hint=f"Make it for {channels}, or name a data set it fits with --dataset.",
    )


def _described(shape: Shape) -> str:
    if len(shape) == 4:
        return f"images of {counted(shape[1], 'channel')}"
    return f"inputs like {shape}"


def _check_classes(graph: Graph, data: Dataset) -> None:
    shape, classes = graph.shapes[graph.outputs[0]], data.task.classes
    if shape != (1, classes):
        raise GraphError(
            f"the network gives outputs of shape {shape} for each image, but data set "
            f"{data.name!r} has {counted(classes, 'class')}, so (1, {classes}) was expected",
            hint="Make it with so many classes, such as module:factory(num_classes="
            f"{classes}), or name a data set it fits with --dataset.",
        )
