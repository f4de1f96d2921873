"""Nodes whose words and edges are hidden at random while a hypernetwork learns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from nas.data.node_split import NodeSplit
from nas.data.samples import Batch

if TYPE_CHECKING:
    from nas.data.dataset import Dataset

WORDS, EDGES = 0.6, 0.3
"""Shares that are hidden (Srivastava et al. 2014, Dropout; Rong et al. 2020, DropEdge)."""


@dataclass(frozen=True, eq=False)
class HidingSplit(NodeSplit):
    """A split that shows part of its graph in each step of training.

    Networks with predicted weights are run without their dropout, and a few labels are soon learnt
    by heart.
    """

    def to(self, device: torch.device | str) -> HidingSplit:
        return HidingSplit(*(part.to(device) for part in (self.x, self.edge_index, self.labels)))

    def drawn(self, count: int, generator: torch.Generator) -> Batch:
        """Some of the words, scaled up, and some of the edges."""
        places = self.x.nonzero(as_tuple=True)
        kept = torch.rand(len(places[0]), generator=generator) > WORDS
        x = torch.zeros_like(self.x)
        x[places] = self.x[places] * kept.to(x.device) / (1 - WORDS)
        shown = torch.rand(self.edge_index.shape[1], generator=generator) > EDGES
        return Batch((x, self.edge_index[:, shown.to(x.device)]), self.labels)


def hiding(data: Dataset) -> Dataset:
    """A task of telling nodes, its training split hiding part of the graph."""
    train = data.train
    if not isinstance(train, NodeSplit):
        raise TypeError(f"expected nodes of a graph, got {type(train).__name__}")
    return replace(data, train=HidingSplit(train.x, train.edge_index, train.labels))
