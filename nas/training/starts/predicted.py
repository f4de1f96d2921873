"""The start from the weights that a hypernetwork predicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.training.starts.start import STARTS, Start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor

PREDICTED = "predicted"
"""The name of the start from predicted weights."""


@torch.no_grad()
def _weights(graph: Graph, predictor: WeightPredictor) -> Mapping[str, Tensor]:
    (params,) = predictor.predict([graph])
    return params


STARTS.register(PREDICTED)(Start(description="a hypernetwork's weights", weights=_weights))
