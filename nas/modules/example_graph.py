"""A data graph for a model that comes without an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nas.errors import GraphError
from nas.modules.calling import graph_call
from nas.modules.geometric import is_message_passing
from nas.modules.lazy_layers import check_sizes
from nas.modules.surroundings import tensor_like

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.predictor.card import Card

DataGraph = tuple["Tensor", "Tensor"]

_NODES = 4
"""Not 1, the number of edges, because sizes equal to that are taken for edges."""


def example_graph(model: nn.Module, card: Card) -> DataGraph | None:
    """A graph with zeros as features, and one edge, that a model takes; None if it takes none.

    The numbers of input features of the model's layers are tried in order.

    Args:
        model: Any module; tried only if it has layers of torch-geometric, or the hypernetwork is
            for graphs.
        card: The card of the hypernetwork.

    Raises:
        ImportingError: The model has lazy layers, whose sizes a trial would fix.

    Shape:
        (N, F) and (2, 1).
    """
    parts = list(model.modules())
    if not card.features and not any(map(is_message_passing, parts)):
        return None
    check_sizes(model)
    kind = tensor_like(model)
    edges = torch.tensor([[0], [1]], device=kind.device)
    for size in dict.fromkeys([*map(_features_read, parts), card.features]):
        if size:
            graph = torch.zeros(_NODES, size, device=kind.device, dtype=kind.dtype), edges
            try:
                graph_call(model, *graph)
            except GraphError:
                continue
            return graph
    return None


def _features_read(layer: Any) -> int:
    """The number of input features of a layer; 0 if it has no such attribute."""
    for name in ("in_channels", "in_features"):
        size = getattr(layer, name, 0)
        size = size[0] if isinstance(size, tuple) and size else size
        if isinstance(size, int) and size > 0:
            return size
    return 0
