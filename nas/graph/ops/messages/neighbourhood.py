"""Sums, means, maxima and softmax over the neighbours of each node."""

from __future__ import annotations

import torch

AGGREGATIONS = ("add", "mean", "max")


def aggregate(
    messages: torch.Tensor, target: torch.Tensor, nodes: int, how: str = "add"
) -> torch.Tensor:
    """Messages (E, ...) aggregated at their target nodes (N, ...); zero for nodes without any.

    Args:
        messages: One for each edge.
        target: Target node of each message, (E,).
        nodes: Number of nodes, N.
        how: ``add``, ``mean`` or ``max``.
    """
    empty = messages.new_zeros(nodes, *messages.shape[1:])
    if how == "max":
        index = target.view(-1, *[1] * (messages.dim() - 1)).expand_as(messages)
        return empty.scatter_reduce(0, index, messages, "amax", include_self=False)
    total = empty.index_add(0, target, messages)
    if how == "add":
        return total
    counts = in_degree(target, nodes, messages.dtype).clamp(min=1)
    return (total / counts.view(-1, *[1] * (messages.dim() - 1))).to(messages.dtype)


def softmax_over(scores: torch.Tensor, target: torch.Tensor, nodes: int) -> torch.Tensor:
    """Softmax of the scores (E, ...) over all edges with the same target node."""
    largest = aggregate(scores.detach(), target, nodes, "max")
    powers = (scores - largest.index_select(0, target)).exp()
    return powers / aggregate(powers, target, nodes).index_select(0, target)


def in_degree(target: torch.Tensor, nodes: int, dtype: torch.dtype) -> torch.Tensor:
    """In-degree of each node (N,), in float32 where ``dtype`` is of lower precision."""
    dtype = torch.promote_types(dtype, torch.float32)
    ones = torch.ones_like(target, dtype=dtype)
    return ones.new_zeros(nodes).index_add(0, target, ones)


def with_self_loops(edges: torch.Tensor, nodes: int) -> torch.Tensor:
    """The edges with exactly one self-loop for each node: (2, E')."""
    own = torch.arange(nodes, device=edges.device).expand(2, -1)
    return torch.cat([edges[:, edges[0] != edges[1]], own], 1)


def symmetric_norm(edges: torch.Tensor, end: int, nodes: int, dtype: torch.dtype) -> torch.Tensor:
    """1 / sqrt(d_i d_j) for each edge (E,), degrees counted in one row of the edges."""
    scale = in_degree(edges[end], nodes, dtype).pow(-0.5)
    scale = scale.masked_fill(scale.isinf(), 0)
    return scale.index_select(0, edges[0]) * scale.index_select(0, edges[1])
