"""One-shot weight sharing: all architectures of a space train one store of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from benchmarks.ranking.descent import Descent
from benchmarks.ranking.untrained import untrained
from nas.events import Listener, ignore, stage
from nas.seeding import rng
from nas.space.candidate import sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import Shape
    from nas.predictor.card import Card
    from nas.space.search_space import SearchSpace

_REPORT_EVERY = 10


class OneShot:
    """A supernet as a predictor of weights, so that it is scored as a hypernetwork is.

    The name of a parameter says where in the network it sits, so networks that have the same
    layer at the same place share its tensor: the key is the name with the shape. Tensors are made
    when they are first asked for.

    Args:
        card: Space and proxy, as of the hypernetwork it is compared with.
        seed: Of the initial weights.
    """

    def __init__(self, card: Card, seed: int = 0) -> None:
        self.card = card
        self._seed = seed
        self._tensors: dict[tuple[str, Shape], Tensor] = {}

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """The shared tensors of each network."""
        return [self._weights(graph) for graph in graphs]

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """Nothing is known of an architecture: (G, 0)."""
        return torch.empty(len(graphs), 0)

    def _weights(self, graph: Graph) -> dict[str, Tensor]:
        keys = [(name, spec.shape) for name, spec in graph.parameters().items()]
        if any(key not in self._tensors for key in keys):
            for name, tensor in untrained(graph, self._seed).items():
                key = name, tuple(tensor.shape)
                self._tensors.setdefault(key, tensor.clone().requires_grad_())
        return {name: self._tensors[name, shape] for name, shape in keys}


def train_one_shot(
    space: SearchSpace,
    data: Dataset,
    card: Card,
    *,
    steps: int,
    batch_size: int,
    seed: int = 0,
    listen: Listener = ignore,
) -> OneShot:
    """Train a supernet: in each step one architecture, uniformly drawn, on one batch.

    Guo et al. 2020 (single path, uniform sampling).

    Args:
        space: At the proxy.
        data: At the proxy's resolution.
        card: Of the hypernetwork it is compared with.
        steps: Optimiser steps.
        batch_size: Images in a step.
        seed: Of weights, architectures and images.
        listen: Hears of progress.
    """
    shared = OneShot(card, seed)
    descent = Descent(data, steps=steps, batch_size=batch_size, seed=seed)
    draw = rng(seed, "one-shot")
    with stage(listen, "one-shot", steps) as progress:
        for step in range(steps):
            graph = sample(space, draw).graph.simplified
            (params,) = shared.predict([graph])
            descent.step(graph, params)
            if (step + 1) % _REPORT_EVERY == 0:
                progress.advance(step + 1)
    return shared
