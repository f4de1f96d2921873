"""A data graph for a model that comes without any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nas.errors import GraphError
from nas.importers.message_passing import is_message_passing
from nas.train.graph_call import graph_call

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.predictor.card import Card

Graph = tuple["Tensor", "Tensor"]

_NODES = 4
"""More than the one edge, by whose number tensors of edges are told."""


def example_graph(model: nn.Module, card: Card) -> Graph | None:
    """Zeros as features of some nodes, and an edge, that a model takes; None if it takes none.

    The number of features is one that a layer of the model reads, its first layers coming first.

    Args:
        model: It is asked only if it has layers of torch-geometric, or the hypernetwork is for
            graphs.
        card: Of the hypernetwork.

    Shape:
        (N, F) and (2, 1).
    """
    parts = list(model.modules())
    if not card.features and not any(map(is_message_passing, parts)):
        return None
    kind = next(model.parameters(), torch.zeros(()))
    edges = torch.tensor([[0], [1]], device=kind.device)
    for size in dict.fromkeys([*map(_read, parts), card.features]):
        if size:
            graph = torch.zeros(_NODES, size, device=kind.device, dtype=kind.dtype), edges
            try:
                graph_call(model, *graph)
            except GraphError:
                continue
            return graph
    return None


def _read(part: Any) -> int:
    """Features that a layer reads; 0 if it does not say so."""
    for name in ("in_channels", "in_features"):
        size = getattr(part, name, 0)
        size = size[0] if isinstance(size, tuple) and size else size
        if isinstance(size, int) and size > 0:
            return size
    return 0
