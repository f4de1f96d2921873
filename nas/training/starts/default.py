"""The start from torch's own initialisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.training.starts.start import STARTS, Start

if TYPE_CHECKING:
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor

DEFAULT = "default"
"""The name of the start from torch's own initialisation."""


def _weights(graph: Graph, predictor: WeightPredictor) -> None:
    """Leave the weights to torch."""


STARTS.register(DEFAULT)(Start(description="torch's initialisation", weights=_weights))
