"""The encoder of GHN-3: attention between all nodes, biased by their distances."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.utils import degree, to_dense_batch

from hypernets.encoders.encoder import ENCODERS, Encoder
from hypernets.features import KINDS

if TYPE_CHECKING:
    from torch_geometric.data import Batch

LARGEST_DEGREE = 100
FARTHEST = 1000
_INPUT = KINDS.index("input")


@ENCODERS.register("graph-transformer")
class GraphTransformer(Encoder):
    """Transformer over the nodes of each graph (Knyazev et al. 2023, GHN-3, §3; Graphormer).

    States start from the node's features, its in-degree, its out-degree and its distance from
    the input. Attention from one node to another is biased, for each head, by the lengths of the
    shortest paths to it and from it; the bias is the same in all layers. In an acyclic graph at
    most one of the two paths exists, so distinct pairs are few: the bias is computed once for
    each pair that can occur and looked up.

    Args:
        hidden: Size of a node state, D.
        layers: Number of transformer layers.
        heads: Number of attention heads.
        reach: Longest path that is distinguished from no path.

    Shape:
        (N, hidden) -> (N, hidden).
    """

    def __init__(self, hidden: int, *, layers: int, heads: int, reach: int) -> None:
        super().__init__()
        self.in_degree = nn.Embedding(LARGEST_DEGREE + 1, hidden)
        self.out_degree = nn.Embedding(LARGEST_DEGREE + 1, hidden)
        self.depth = nn.Embedding(FARTHEST + 1, hidden)
        self.bias = PairBias(hidden, heads, reach)
        self.layers = nn.ModuleList(TransformerLayer(hidden, heads) for _ in range(layers))
        for table in (self.in_degree, self.out_degree, self.depth):
            nn.init.trunc_normal_(table.weight, std=1 / math.sqrt(hidden))

    def forward(self, x: Tensor, batch: Batch) -> Tensor:
        source, target = batch.edge_index[:, batch.distance == 1]
        for table, end in ((self.in_degree, target), (self.out_degree, source)):
            x = x + table(degree(end, len(x), torch.long).clamp(max=LARGEST_DEGREE))
        x = x + self.depth(distance_from_input(batch).long())
        h, real = to_dense_batch(x, batch.batch, batch_size=batch.num_graphs)  # (G, L, D)
        bias = self.bias(batch, real)
        for layer in self.layers:
            h = layer(h, bias)
        states: Tensor = h[real]
        return states


class PairBias(nn.Module):
    """Attention bias of each pair of nodes, from the paths between them.

    Two lookups in a table of path lengths, concatenated, through Linear, ReLU, Linear. Empty slots
    get minus infinity.
    """

    def __init__(self, hidden: int, heads: int, reach: int) -> None:
        super().__init__()
        self.reach = reach
        self.length = nn.Embedding(reach + 2, hidden)  # no path, the node itself, 1, 2...
        self.layers = nn.Sequential(
            nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, heads)
        )
        lengths = torch.arange(reach) + 2
        none = torch.zeros_like(lengths)
        forward, backward = torch.stack([lengths, none], 1), torch.stack([none, lengths], 1)
        pairs = torch.cat([torch.tensor([[0, 0], [1, 1]]), forward, backward])
        self.register_buffer("pairs", pairs, persistent=False)
        with torch.no_grad():
            self.length.weight.copy_(_sinusoids(reach + 2, hidden))

    def forward(self, batch: Batch, real: Tensor) -> Tensor:
        """Occupied dense slots (G, L) -> bias (G, heads, L, L), rows the attending nodes."""
        assert isinstance(self.pairs, Tensor)
        bias = self.layers(self.length(self.pairs).flatten(1))  # (pairs, heads)
        absent = bias.new_full((1, bias.shape[1]), -math.inf)
        table = torch.cat([bias, absent]).mT  # (heads, pairs + 1)
        rows = self._rows(batch, real)
        found = table.index_select(1, rows.flatten()).view(-1, *rows.shape)
        return found.transpose(0, 1)

    def _rows(self, batch: Batch, real: Tensor) -> Tensor:
        """Row of the table for each pair of slots: (G, L, L)."""
        graphs, slots = real.shape
        slot = torch.arange(len(batch.batch), device=real.device) - batch.ptr[batch.batch]
        rows = (~real).long()[:, None] * (2 * self.reach + 2)
        rows = rows.expand(graphs, slots, slots).clone()
        rows[batch.batch, slot, slot] = 1
        source, target = slot[batch.edge_index]
        graph, length = batch.batch[batch.edge_index[0]], batch.distance.long()
        near = length <= self.reach
        graph, source, target, length = (v[near] for v in (graph, source, target, length))
        rows[graph, target, source] = 1 + length
        rows[graph, source, target] = 1 + self.reach + length
        return rows


class TransformerLayer(nn.Module):
    """Attention and a perceptron of ratio 4, each normalising its input.

    Shape:
        (G, L, D), bias (G, heads, L, L) -> (G, L, D).
    """

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(hidden)
        self.qkv = nn.Linear(hidden, 3 * hidden, bias=False)
        self.out = nn.Linear(hidden, hidden)
        self.mlp = nn.Sequential(
            nn.LayerNorm(hidden),
            nn.Linear(hidden, 4 * hidden),
            nn.GELU(),
            nn.Linear(4 * hidden, hidden),
        )

    def forward(self, h: Tensor, bias: Tensor) -> Tensor:
        qkv = self.qkv(self.attention_norm(h)).unflatten(-1, (3, self.heads, -1))
        q, k, v = qkv.transpose(1, 3).unbind(2)  # (G, heads, L, D / heads)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        h = h + self.out(attended.transpose(1, 2).flatten(2))
        states: Tensor = h + self.mlp(h)
        return states


def distance_from_input(batch: Batch) -> Tensor:
    """Length of each node's shortest path from an input, at most 1000; 1000 if none: (N,)."""
    source, target = batch.edge_index
    distance = torch.where(batch.kind == _INPUT, 0.0, float(FARTHEST))
    while bool((distance == FARTHEST).any()):
        paths = distance[source] + batch.distance
        nearer = distance.scatter_reduce(0, target, paths, "amin")
        if torch.equal(nearer, distance):
            break
        distance = nearer
    return distance


def _sinusoids(count: int, hidden: int) -> Tensor:
    """Vaswani et al. 2017, §3.5: (count, hidden)."""
    rates = torch.exp(-math.log(10_000) * torch.arange(0, hidden, 2) / hidden)
    angles = torch.arange(count)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :hidden]
