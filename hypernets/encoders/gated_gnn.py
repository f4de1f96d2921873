"""The encoder of GHN-1 and GHN-2: one gated sweep forward, one backward."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hypernets.encoders.encoder import ENCODERS, Encoder
from hypernets.encoders.gated_sweep import GatedSweep
from hypernets.flat_memory import FlatMemory

if TYPE_CHECKING:
    from torch_geometric.data import Batch

    from nas.graph.tensor_spec import Shape


@ENCODERS.register("gated-gnn")
class GatedGNN(Encoder):
    """Asynchronous gated graph network (Zhang et al. 2019, §4; Knyazev et al. 2021, §3.1).

    A node aggregates the sum of MLP(h_u) over its predecessors plus, with virtual edges, the sum
    of MLP_ve(h_u) / d over all ancestors at distance d; a GRU cell updates the node's state with
    it. The published programs visit nodes one by one. A message depends on its source alone, and
    sources lie on earlier levels (a node's level is its longest path from an input), so here all
    nodes of a level, of all graphs of the batch, are updated at once, with the same result.

    Shape:
        (N, hidden) -> (N, hidden).
    """

    def __init__(self, hidden: int, *, reach: int) -> None:
        super().__init__()
        virtual_edges = reach > 1
        inner = hidden // 2 if virtual_edges else hidden
        self.message = _mlp(hidden, inner)
        self.virtual_message = _mlp(hidden, inner) if virtual_edges else None
        self.gru = nn.GRUCell(hidden, hidden)
        self._memory = FlatMemory()

    def forward(self, x: Tensor, batch: Batch) -> Tensor:
        layout = LevelLayout(batch)
        weights = [(batch.distance == 1).to(x.dtype)]
        if self.virtual_message is not None:
            weights.append(1 / batch.distance.to(x.dtype))
        ahead, back = self._mixes(layout, torch.stack(weights, -1))
        sweep = self._sweep()
        spans = [(slice(*span), slice(0, span[0])) for span in layout.spans]
        h = sweep(layout.scatter(x), ahead, spans)
        spans = [(level, slice(level.stop, layout.slots)) for level, _ in reversed(spans)]
        return layout.gather(sweep(h, back, spans))

    def _mixes(self, layout: LevelLayout, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Weights with which each slot aggregates messages, forward and backward: (G, S, S*K)."""
        shape = layout.shape(weight)
        if weight.dtype is torch.float32:
            ahead, back = self._memory.tensors([shape, shape], weight.device)
        else:
            ahead, back = weight.new_empty(2, *shape)
        layout.matrix(weight, ahead)
        for mine, theirs in zip(back.unbind(-1), ahead.unbind(-1), strict=True):
            mine.copy_(theirs.mT)
        return ahead.flatten(2), back.flatten(2)

    def _sweep(self) -> GatedSweep:
        return GatedSweep(
            gru=self.gru,
            weight_in=torch.cat(self._of_messages("0.weight")).mT,
            bias_in=torch.cat(self._of_messages("0.bias")),
            weight_out=torch.block_diag(*self._of_messages("2.weight")).mT,
            bias_out=torch.cat(self._of_messages("2.bias")),
        )

    def _of_messages(self, name: str) -> list[Tensor]:
        networks = (self.message, self.virtual_message)
        return [network.get_parameter(name) for network in networks if network is not None]


def _mlp(hidden: int, inner: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(hidden, inner), nn.ReLU(), nn.Linear(inner, hidden), nn.ReLU())


class LevelLayout:
    """Dense slots for the nodes of a batch in which every level is one slice in all graphs.

    Attributes:
        slots: Slots of one graph, S: the sum over levels of the widest graph's width.
        spans: First and past-the-end slot of each level.
    """

    def __init__(self, batch: Batch) -> None:
        graph, level = batch.batch, batch.level
        self._graphs = batch.num_graphs
        levels = int(level.max()) + 1
        cell = graph * levels + level
        widths = torch.bincount(cell, minlength=self._graphs * levels)
        first = widths.cumsum(0) - widths
        rank = torch.arange(len(level), device=level.device) - first[cell]
        width = widths.view(self._graphs, levels).amax(0)
        ends = width.cumsum(0)
        edges = [0, *ends.tolist()]
        self.slots = edges[-1]
        self.spans = list(itertools.pairwise(edges))
        self._graph = graph
        self._slot = (ends - width)[level] + rank
        self._edges = batch.edge_index

    def shape(self, weight: Tensor) -> Shape:
        """(G, S, S, ...) of edge weights (E, ...)."""
        return self._graphs, self.slots, self.slots, *weight.shape[1:]

    def matrix(self, weight: Tensor, out: Tensor) -> Tensor:
        """Edge weights (E, ...) written into (G, S, S, ...), rows the targets."""
        source, target = self._edges
        row = self._graph * self.slots + self._slot  # of all graphs
        place = (row * self.slots)[target]
        place += self._slot[source]
        out.zero_().view(-1, *weight.shape[1:]).index_copy_(0, place, weight)
        return out

    def scatter(self, x: Tensor) -> Tensor:
        """Node states (N, D) into slots (G, S, D)."""
        h = x.new_zeros(self._graphs, self.slots, x.shape[-1])
        return h.index_put((self._graph, self._slot), x)

    def gather(self, h: Tensor) -> Tensor:
        """Slots (G, S, D) back to node states (N, D)."""
        return h[self._graph, self._slot]
