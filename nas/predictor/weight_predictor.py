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
        """What it was trained on, and the proxy at which it scores."""

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """For each graph exactly the tensors of ``graph.parameters()``, scaled and finite."""

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """One vector for each architecture: (G, D)."""
