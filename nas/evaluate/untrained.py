"""Scoring without a hypernetwork."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nas.analysis.cost import cost
from nas.compile.module import to_module
from nas.predictor.card import Card
from nas.seeding import derive, seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.graph.graph import Graph
    from nas.task.task import Task

UNTRAINED = "none"
"""The name that stands for no hypernetwork."""


class UntrainedWeights(nn.Module):
    """Replaces a hypernetwork: the weights are torch's initialisation.

    Networks with these weights predict at chance, so scores use figures that need no learnt
    weights: the diversity of activation patterns (NASWOT, Mellor et al. 2021) and costs.

    Args:
        task: Task of the networks.
        seed: Seed of the weights.
    """

    _place: Tensor

    def __init__(self, task: Task, seed: int = 0) -> None:
        super().__init__()
        self.card = Card(
            name=UNTRAINED,
            space="",
            channels=task.channels,
            classes=task.classes,
            features=task.features,
            general=True,
        )
        self._seed = seed
        self.register_buffer("_place", torch.empty(0), persistent=False)

    def __repr__(self) -> str:
        return "UntrainedWeights()"

    def predict(self, graphs: Sequence[Graph]) -> list[dict[str, Tensor]]:
        """Freshly initialised parameters of each graph."""
        found = []
        for graph in graphs:
            with seeded(derive(self._seed, "untrained")):
                module = to_module(graph)
            known = dict(module.named_parameters())
            names = graph.parameters()
            found.append({name: known[name].detach().to(self._place) for name in names})
        return found

    def embed(self, graphs: Sequence[Graph]) -> Tensor:
        """The logarithms of the costs of each graph: (G, D)."""
        rows = [[math.log1p(value) for value in asdict(cost(graph)).values()] for graph in graphs]
        return torch.tensor(rows, dtype=torch.float32)
