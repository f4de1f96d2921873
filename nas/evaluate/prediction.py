"""A network with predicted weights, ready for its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from nas.compile.module import to_module
from nas.data.fitted import fitted
from nas.errors import ConfigError, described
from nas.evaluate.named import data_of, module_predictor_of
from nas.evaluate.predicted_module import PredictedModule, predict_module
from nas.events import Listener, ignore
from nas.graph.graph import Graph
from nas.importers.imported import Coverage
from nas.modules.adapter import adapt, check_outputs
from nas.modules.batch_statistics import measure_statistics
from nas.modules.classifier import Classifier
from nas.modules.surroundings import unwrapped
from nas.seeding import derive, seeded
from nas.space.candidate import Candidate
from nas.training.device import resolve_device
from nas.training.predict import predict as predict_graph

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.evaluate.named import UserData
    from nas.importers.imported import Frozen
    from nas.predictor.weight_predictor import WeightPredictor


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

    @property
    def model(self) -> nn.Module:
        """The network itself."""
        return self.predicted.model


def predict(
    model: nn.Module | Graph | Candidate,
    data: UserData,
    predictor: str | Path | WeightPredictor | None = None,
    *,
    frozen: Frozen = "keep",
    seed: int = 0,
    device: str = "auto",
    listen: Listener = ignore,
) -> Prediction:
    """Predict the weights of a network, and measure the statistics of its batch norms.

    Args:
        model: A module, whose weights are replaced in place; or an architecture.
        data: The data set that the network is for, as :func:`nas.search` takes it.
        predictor: A hypernetwork, or its name or directory; by default the shipped one for
            networks of any kind on this data.
        frozen: Whether parameters that require no gradient keep their values or are predicted.
        seed: Seed of the default weights of an architecture.
        device: Device of the prediction.
        listen: Receives notes on the hypernetwork and the images.

    Raises:
        ConfigError: Model, data or predictor have a wrong type, or do not fit.
        UnknownNameError: A name is unknown.
        ImportingError: The module cannot be read.
        GraphError: The architecture is not for this data.
    """
    data, place = data_of(data, listen), resolve_device(device)
    found = module_predictor_of(predictor, data, listen)
    if isinstance(found, nn.Module):
        found.to(place)
    if isinstance(model, nn.Module):
        return of_module(model, data, found, frozen=frozen, device=place, listen=listen)
    graph = model.network if isinstance(model, Candidate) else model
    if not isinstance(graph, Graph):
        raise ConfigError(
            f"expected a torch module, a nas.Graph or a nas.Candidate, got {described(model)}"
        )
    return of_graph(graph, data, found, seed=seed, device=place)


def of_graph(
    graph: Graph,
    data: Dataset,
    predictor: WeightPredictor,
    *,
    seed: int,
    device: torch.device,
    seconds: float = 0.0,
) -> Prediction:
    """Predict the weights of an architecture.

    Args:
        graph: The architecture.
        data: The data set.
        predictor: A hypernetwork on the device.
        seed: Seed of the default weights.
        device: Device of the prediction.
        seconds: Time taken to read the architecture.

    Raises:
        ConfigError: There is no hypernetwork.
        GraphError: The architecture is not for this data.
    """
    predictor.card.check_trained()
    found = predict_graph(graph, data, predictor)
    with seeded(derive(seed, "weights")):
        default = _kept(to_module(graph))
    sizes = {name: tensor.numel() for name, tensor in found.params.items()}
    module: nn.Module = found.module().to(device)
    times = {"import": seconds, "predict": found.seconds}
    predicted = PredictedModule(module, graph, Coverage(sizes, {}, {}), times)
    return Prediction(predicted, Classifier(module), fitted(data, graph), default)


def of_module(
    module: nn.Module,
    data: Dataset,
    predictor: WeightPredictor,
    *,
    frozen: Frozen = "keep",
    device: torch.device,
    listen: Listener,
) -> Prediction:
    """Predict the weights of a module in place.

    Args:
        module: The module with its default weights.
        data: The data set.
        predictor: A hypernetwork on the device.
        frozen: Whether parameters that require no gradient keep their values or are predicted.
        device: Device of the prediction.
        listen: Receives notes on the images.

    Raises:
        ImportingError: The module cannot be read.
        ConfigError: The module does not fit the data.
    """
    module = unwrapped(module).to(device)
    read = adapt(module, data, predictor.card, listen)  # lazy layers get their sizes
    default = _kept(module)
    call = read.classifier.arguments
    predicted = predict_module(predictor, module, read.example, frozen=frozen, arguments=call)
    check_outputs(predicted.graph, data)
    samples = data.train.spread(read.calibration).to(device)
    measure_statistics(read.classifier, *samples.whole().inputs)
    module.eval()
    return Prediction(predicted, read.classifier, data, default)


def _kept(module: nn.Module) -> dict[str, Tensor]:
    """A copy of a module's state, with the names of a classifier."""
    return {f"network.{name}": tensor.clone() for name, tensor in module.state_dict().items()}
