"""Predicted weights of one network, with batch statistics."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import torch

from nas.compile.apply import calibrate
from nas.data.fitted import fitted
from nas.files import write_tensors
from nas.training.train import initialised

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor
    from torch.fx import GraphModule

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor


@dataclass(frozen=True, eq=False)
class Predicted:
    """A network with predicted weights.

    Attributes:
        graph: The network.
        params: A tensor for each of its parameters.
        statistics: Running statistics of its batch norms.
        seconds: Time of the prediction, without calibration.
    """

    graph: Graph
    params: Mapping[str, Tensor]
    statistics: Mapping[str, Tensor]
    seconds: float

    def module(self) -> GraphModule:
        """The network as a module in evaluation mode, on the CPU."""
        return initialised(self.graph, {**self.params, **self.statistics}).eval()

    def save(self, file: Path) -> None:
        """Write parameters and statistics as safetensors; the module's state takes them."""
        write_tensors(file, {**self.params, **self.statistics})


@torch.no_grad()
def predict(
    graph: Graph, data: Dataset, predictor: WeightPredictor, *, calibration: int = 256
) -> Predicted:
    """Predict the weights of a network and measure its batch statistics.

    Args:
        graph: The network.
        data: Taken at the network's resolution.
        predictor: A trained hypernetwork.
        calibration: Number of training samples for the statistics of batch norms, spread evenly
            over the split.

    Raises:
        GraphError: The network is not for this data.
    """
    data = fitted(data, graph)
    start = perf_counter()
    (predicted,) = predictor.predict([graph])
    params = {name: tensor.detach() for name, tensor in predicted.items()}
    seconds = perf_counter() - start
    samples = data.train.spread(calibration)
    if params:
        samples = samples.to(next(iter(params.values())).device)
    statistics = calibrate(graph, params, *samples.whole().inputs)
    return Predicted(graph, params, statistics, seconds)
