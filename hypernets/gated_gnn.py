"""The encoder of GHN-1 and GHN-2: one gated sweep forward, one backward."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from torch_geometric.data import Batch


class GatedGNN(nn.Module):
    """Asynchronous gated graph network (Zhang et al. 2019, §4; Knyazev et al. 2021, §3.1).

    A node's message is the sum of MLP(h_u) over its predecessors plus, with virtual edges, the
    sum of MLP_ve(h_u) / d over all ancestors at distance d; a GRU cell takes it into the node's
    state. The published programs visit nodes one by one. A message depends on its source alone
    and sources lie on earlier levels (a node's level is its longest path from an input), so here
    all nodes of a level, of all graphs of the batch, are updated at once, with the same result.

    Shape:
        (N, hidden) -> (N, hidden).
    """

    def __init__(self, hidden: int, *, virtual_edges: bool) -> None:
        super().__init__()
        inner = hidden // 2 if virtual_edges else hidden
        self.message = _mlp(hidden, inner)
        self.virtual_message = _mlp(hidden, inner) if virtual_edges else None
        self.gru = nn.GRUCell(hidden, hidden)

    def forward(self, x: Tensor, batch: Batch) -> Tensor:
        layout = LevelLayout(batch)
        real, weight = batch.distance == 1, 1 / batch.distance
        one_hop = layout.matrix(real.to(x.dtype))  # (G, S, S)
        virtual = layout.matrix(weight.to(x.dtype)) if self.virtual_message else None
        h = layout.scatter(x)  # (G, S, D)
        h = self._sweep(h, one_hop, virtual, layout.spans)
        h = self._sweep(
            h.flip(1),
            one_hop.mT.flip(1, 2),
            None if virtual is None else virtual.mT.flip(1, 2),
            [(layout.slots - end, layout.slots - start) for start, end in reversed(layout.spans)],
        ).flip(1)
        return layout.gather(h)

    def _sweep(
        self, h: Tensor, one_hop: Tensor, virtual: Tensor | None, spans: list[tuple[int, int]]
    ) -> Tensor:
        """Update all levels in order; h (G, S, D), matrices (G, target, source)."""
        hidden = h.shape[-1]
        gates = h @ self.gru.weight_hh.mT + self.gru.bias_hh  # (G, S, 3D), states before the sweep
        updated: list[Tensor] = []
        messages: list[Tensor] = []
        for start, end in spans:
            arriving = h.new_zeros(h.shape[0], end - start, hidden)
            if messages:
                sent = torch.cat(messages, 1)  # (G, start, D) or (G, start, 2D)
                messages = [sent]
                arriving = one_hop[:, start:end, :start] @ sent[..., :hidden]
                if virtual is not None:
                    arriving = torch.baddbmm(
                        arriving, virtual[:, start:end, :start], sent[..., hidden:]
                    )
            state = self._gated(arriving, gates[:, start:end], h[:, start:end])
            updated.append(state)
            sending = self.message(state)
            if self.virtual_message is not None:
                sending = torch.cat([sending, self.virtual_message(state)], -1)
            messages.append(sending)
        return torch.cat(updated, 1)

    def _gated(self, message: Tensor, gates: Tensor, state: Tensor) -> Tensor:
        """The GRU cell, its share of the state computed beforehand."""
        hidden = state.shape[-1]
        incoming = message @ self.gru.weight_ih.mT + self.gru.bias_ih
        reset, update = (incoming + gates)[..., : 2 * hidden].sigmoid().chunk(2, -1)
        new = torch.tanh(
            torch.addcmul(incoming[..., 2 * hidden :], reset, gates[..., 2 * hidden :])
        )
        return torch.lerp(new, state, update)


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
        self._edges = (graph[batch.edge_index[0]], *self._slot[batch.edge_index])

    def matrix(self, weight: Tensor) -> Tensor:
        """Edge weights (E,) as (G, S, S), rows the targets."""
        dense = weight.new_zeros(self._graphs, self.slots, self.slots)
        graph, source, target = self._edges
        dense[graph, target, source] = weight
        return dense

    def scatter(self, x: Tensor) -> Tensor:
        """Node states (N, D) into slots (G, S, D)."""
        h = x.new_zeros(self._graphs, self.slots, x.shape[-1])
        return h.index_put((self._graph, self._slot), x)

    def gather(self, h: Tensor) -> Tensor:
        """Slots (G, S, D) back to node states (N, D)."""
        return h[self._graph, self._slot]
