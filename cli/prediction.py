"""Predict the weights of a network that the user names in any form."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from torch import Tensor, nn

    from hypernets.predicted_module import PredictedModule
    from nas.data.dataset import Dataset
    from nas.events import Listener
    from nas.importers.imported import Frozen
    from nas.modules.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Prediction:
    """A network and the data it is for.

    Attributes:
        predicted: The network with predicted weights and measured batch statistics.
        classifier: The same network in the form that training and evaluation take.
        data: The data set, at the network's resolution or one that the classifier resizes.
        default: The classifier's state with default weights.
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
    """Predict an architecture, named as for :func:`cli.architecture.read_architecture`.

    Args:
        text: The architecture.
        space: The space of a notation.
        data: The data set.
        weights: A hypernetwork; one shipped for the space if None.
        device: Where to predict.
        seed: Seed of the default weights.
        listen: Receives notes on the hypernetwork.

    Raises:
        NasError: The architecture or the hypernetwork cannot be read, or do not fit the data.
    """
    from cli.architecture import read_architecture
    from cli.space import find_space
    from hypernets.predicted_module import PredictedModule
    from hypernets.suited import suited
    from nas.compile.module import to_module
    from nas.data.fitted import fitted
    from nas.importers.imported import Coverage
    from nas.modules.classifier import Classifier
    from nas.training.predict import predict

    start = perf_counter()
    graph = read_architecture(text, space, data.task)
    read = perf_counter() - start
    hypernet = suited(find_space(space, data.task), data, weights, device=device, listen=listen)
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
    frozen: Frozen = "keep",
) -> Prediction:
    """Predict a module, named as for :func:`cli.user_code.module_factory.make_module`.

    Args:
        text: The factory, with arguments.
        data: The data set.
        weights: A hypernetwork; one shipped for the data set if None.
        device: Where to predict.
        seed: Seed of the default weights.
        listen: Receives notes on the hypernetwork and the images.
        frozen: Whether parameters that require no gradient keep their values or are predicted.

    Raises:
        NasError: The module or the hypernetwork cannot be read, or do not fit the data.
    """
    from cli.user_code.module_factory import make_module
    from hypernets.predicted_module import predict_module
    from hypernets.suited import suited_to_modules
    from nas.modules.adapter import adapt, check_outputs
    from nas.modules.batch_statistics import measure_statistics
    from nas.modules.surroundings import unwrapped

    with _seeded(seed):
        module = unwrapped(make_module(text)).to(device)
        hypernet = suited_to_modules(data, weights, device=device, listen=listen)
        read = adapt(module, data, hypernet.card, listen)  # lazy layers get their sizes
    default = _kept(module)
    call = read.classifier.arguments
    predicted = predict_module(hypernet, module, read.example, frozen=frozen, arguments=call)
    check_outputs(predicted.graph, data)
    samples = data.train.spread(read.calibration).to(device)
    measure_statistics(read.classifier, *samples.whole().inputs)
    module.eval()
    return Prediction(predicted, read.classifier, data, default)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed torch for default weights while the block runs."""
    import torch

    from nas.seeding import derive

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "weights"))
        yield


def _kept(module: nn.Module) -> dict[str, Tensor]:
    """A copy of a module's state, under the names it has in a classifier."""
    return {f"network.{name}": tensor.clone() for name, tensor in module.state_dict().items()}
