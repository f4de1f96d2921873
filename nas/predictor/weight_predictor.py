"""The contract of a hypernetwork: parameters for graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.predictor.card import Card


class WeightPredictor(Protocol):
    """Predicts all parameters of a network from its graph in one pass."""

    @property
    def card(self) -> Card:
        """Space and data set of its training, and the proxy at which it scores."""

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """The tensors of ``graph.parameters()`` for each graph, scaled and finite."""

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """One vector for each architecture: (G, D)."""
