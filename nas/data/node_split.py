"""Some nodes of a graph, held on one device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from nas.data.samples import evenly
from nas.task.batch import UNLABELLED, Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


@dataclass(frozen=True, eq=False)
class NodeSplit:
    """Labelled nodes of a graph; a network always sees the whole graph.

    Attributes:
        x: Features of all nodes (N, F), float32.
        edge_index: Source and target node of each edge: (2, E), int64.
        labels: Class indices (N,), int64; :data:`nas.task.batch.UNLABELLED` for nodes
            outside of this split.
    """

    x: Tensor
    edge_index: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def nodes(self) -> Tensor:
        """Indices of the nodes of this split (n,)."""
        return (self.labels != UNLABELLED).nonzero().flatten()

    @property
    def rows(self) -> int:
        """Number of nodes of the graph."""
        return len(self.labels)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Labels, features and edges."""
        return self.labels, self.x, self.edge_index

    @property
    def contents(self) -> tuple[Tensor, ...]:
        """The same."""
        return self.tensors

    def to(self, device: torch.device | str) -> NodeSplit:
        """The same data on a device."""
        return NodeSplit(self.x.to(device), self.edge_index.to(device), self.labels.to(device))

    def at(self, resolution: int) -> NodeSplit:
        """The same nodes, which have no resolution."""
        return self

    def subset(self, indices: Tensor | slice) -> NodeSplit:
        """Some nodes of this split; indices count within it."""
        kept = self.nodes[indices]
        labels = torch.full_like(self.labels, UNLABELLED)
        labels[kept] = self.labels[kept]
        return replace(self, labels=labels)

    def spread(self, count: int) -> NodeSplit:
        """At most ``count`` of the nodes, spread evenly over them."""
        return self.subset(evenly(len(self), count, self.labels.device))

    def whole(self) -> Batch:
        """The graph, and the labels of its nodes."""
        return Batch((self.x, self.edge_index), self.labels)

    def drawn(self, count: int, generator: torch.Generator) -> Batch:
        """The whole graph, as one call gives the scores of all nodes."""
        return self.whole()

    def batches(
        self,
        batch_size: int,
        generator: torch.Generator | None = None,
        *,
        drop_last: bool = False,
    ) -> Iterator[Batch]:
        """The graph, once."""
        yield self.whole()
