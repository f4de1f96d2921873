"""Weighted messages between neighbours, as a function and as a module."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from nas.graph.ops.messages.neighbourhood import (
    aggregate,
    softmax_over,
    symmetric_norm,
    with_self_loops,
)

VECTORS: dict[str, tuple[str, ...]] = {
    "const": (),
    "gcn": (),
    "gat": ("att_src", "att_dst"),
    "sym-gat": ("att_src", "att_dst"),
    "cos": ("att_src", "att_dst"),
    "linear": ("att_src",),
    "gene-linear": ("att_src", "att_dst", "gene"),
}
"""The learned vectors of each attention: of the sender, of the receiver, of both together."""

ATTENTIONS = tuple(VECTORS)


class NeighbourAttention(nn.Module):
    """Attention of each node to its neighbours and itself: (N, F), (2, E) -> (N, channels)."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        attention: str,
        *,
        heads: int = 1,
        aggregation: str = "add",
        pool: int = 0,
        concat: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.in_channels, self.channels, self.attention = in_channels, channels, attention
        self.heads, self.aggregation, self.pool = heads, aggregation, pool
        self.concat, self.dropout = concat, dropout
        width = channels // heads if concat else channels
        self.lin = nn.Linear(in_channels, heads * width, bias=False)
        nn.init.xavier_uniform_(self.lin.weight)
        for name in VECTORS[attention]:
            vector = nn.Parameter(torch.empty(1, 1 if name == "gene" else heads, width))
            self.register_parameter(name, vector)
            nn.init.xavier_uniform_(vector)
        if pool:
            self.reduce, self.expand = nn.Linear(width, pool), nn.Linear(pool, width)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        return attend(
            dict(self.named_parameters()),
            x,
            edge_index,
            self.attention,
            self.heads,
            self.aggregation,
            concat=self.concat,
            dropout=self.dropout if self.training else 0.0,
        )

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.channels}, {self.attention!r}, heads={self.heads}"


def attend(
    params: dict[str, torch.Tensor],
    x: torch.Tensor,
    edges: torch.Tensor,
    attention: str,
    heads: int,
    aggregation: str,
    *,
    concat: bool = True,
    dropout: float = 0.0,
) -> torch.Tensor:
    """Aggregated messages of each node's neighbours: (N, F), (2, E) -> (N, channels)."""
    nodes = x.shape[0]
    edges = with_self_loops(edges, nodes)
    source, target = edges
    h = F.linear(x, params["lin.weight"]).unflatten(1, (heads, -1))  # (N, H, C)
    alpha = edge_weights(params, h, edges, attention)  # (E, H)
    offset = None
    if "reduce.weight" in params:
        # Both layers are linear, so they may be applied to a message before it is weighted.
        first, second = params["reduce.weight"], params["expand.weight"]
        h = F.linear(F.linear(h, first), second)
        offset = (second * params["reduce.bias"]).sum(1) + params["expand.bias"]  # (C,)
    messages = h.index_select(0, source)  # (E, H, C)
    if alpha is not None or dropout:
        weights = messages.new_ones(messages.shape[:2]) if alpha is None else alpha
        messages = messages * F.dropout(weights, dropout)[:, :, None]
    if offset is not None:
        messages = messages + offset
    out = aggregate(messages, target, nodes, aggregation)  # (N, H, C)
    return (out.flatten(1) if concat else out.mean(1)) + params["bias"]


def edge_weights(
    params: dict[str, torch.Tensor], h: torch.Tensor, edges: torch.Tensor, attention: str
) -> torch.Tensor | None:
    """Weight of each message: (E, H), or (E, 1) for all heads; None where all weights are 1."""
    source, target = edges
    if attention == "const":
        return None
    if attention == "gcn":
        return symmetric_norm(edges, 1, h.shape[0], h.dtype)[:, None]
    scores = edge_scores(params, h, source, target, attention)
    return softmax_over(scores, target, h.shape[0])


def edge_scores(
    params: dict[str, torch.Tensor],
    h: torch.Tensor,
    source: torch.Tensor,
    target: torch.Tensor,
    attention: str,
) -> torch.Tensor:
    """The scores of messages from j to i before the softmax: (E, H)."""
    h_src = h * params["att_src"]  # (N, H, C)
    if attention == "linear":
        return h_src.sum(-1).tanh().index_select(0, source)
    h_dst = h * params["att_dst"]
    if attention == "cos":
        return (h_src.index_select(0, source) * h_dst.index_select(0, target)).sum(-1)
    if attention == "gene-linear":
        both = h_src.index_select(0, source) + h_dst.index_select(0, target)
        return (both.tanh() * params["gene"]).sum(-1)
    sender, receiver = h_src.sum(-1), h_dst.sum(-1)  # (N, H)
    scores = F.leaky_relu(sender.index_select(0, source) + receiver.index_select(0, target), 0.2)
    if attention == "sym-gat":
        back = sender.index_select(0, target) + receiver.index_select(0, source)
        scores = scores + F.leaky_relu(back, 0.2)
    return scores
