"""Short training: every architecture gets a few steps of its own."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import torch

from benchmarks.ranking.descent import Descent
from benchmarks.ranking.untrained import untrained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.predictor.card import Card

_TIMED_STEPS = 4


class ShortTraining:
    """Training as a predictor of weights, so that it is scored as a hypernetwork is.

    Args:
        card: Space and proxy, as of the hypernetwork it is compared with.
        data: At the proxy's resolution.
        steps: Optimiser steps for each network.
        batch_size: Images in a step.
        seed: Of weights and images; every network sees the same images.
    """

    def __init__(
        self, card: Card, data: Dataset, *, steps: int, batch_size: int, seed: int = 0
    ) -> None:
        self.card = card
        self._data = data
        self._steps = steps
        self._batch_size = batch_size
        self._seed = seed

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """Weights of each network after its training from torch's own initialisation."""
        return [self._train(graph) for graph in graphs]

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """Nothing is known of an architecture: (G, 0)."""
        return torch.empty(len(graphs), 0)

    def _train(self, graph: Graph) -> dict[str, Tensor]:
        params = {
            name: tensor.requires_grad_() for name, tensor in untrained(graph, self._seed).items()
        }
        descent = Descent(
            self._data, steps=self._steps, batch_size=self._batch_size, seed=self._seed
        )
        for _ in range(self._steps):
            descent.step(graph, params)
        return {name: tensor.detach() for name, tensor in params.items()}


def steps_within(
    seconds: float, graphs: Sequence[Graph], card: Card, data: Dataset, *, batch_size: int
) -> int:
    """Steps that a network of this kind does in so many seconds, measured; at least one.

    Args:
        seconds: For one network.
        graphs: Some networks of the kind, at the proxy.
        card: Of the hypernetwork it is compared with.
        data: At the proxy's resolution.
        batch_size: Images in a step.
    """
    timed = ShortTraining(card, data, steps=_TIMED_STEPS, batch_size=batch_size)
    timed.predict(graphs[:1])  # the first steps of a process are slower
    start = perf_counter()
    timed.predict(graphs)
    step = (perf_counter() - start) / (len(graphs) * _TIMED_STEPS)
    return max(1, int(seconds / step))
