"""Random inputs on which the outputs of two programs are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.graph.ops.embedding import Embedding

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.graph import Graph
    from nas.graph.tensor_spec import TensorSpec

_SAMPLES = 2
_NODES = 8
_EDGES = 3
"""Edges for each node."""


def random_inputs(
    graph: Graph, generator: torch.Generator, *, rows: int | None = None, scale: float = 1
) -> tuple[Tensor, ...]:
    """A small batch for each input of a graph: noise, ids, or edges between a few nodes.

    Args:
        graph: The network; ids are below the size of its smallest embedding.
        generator: On the CPU.
        rows: Number of samples, or of nodes; by default a few.
        scale: Height and width of images relative to those of the network.
    """
    if rows is None:
        rows = _NODES if any(spec.is_edge_index for spec in graph.inputs) else _SAMPLES
    tables = [n.op.num_embeddings for n in graph.nodes if isinstance(n.op, Embedding)]
    ids = min(tables, default=2)

    def drawn(spec: TensorSpec) -> Tensor:
        if spec.is_edge_index:
            return torch.randint(rows, (2, _EDGES * rows), generator=generator)
        sizes = [
            round(scale * size) if index > 1 else size for index, size in enumerate(spec.shape)
        ]
        shape, dtype = (rows, *sizes[1:]), getattr(torch, spec.dtype)
        if dtype.is_floating_point:
            return torch.randn(shape, generator=generator).to(dtype)
        return torch.randint(ids, shape, generator=generator).to(dtype)

    return tuple(map(drawn, graph.inputs))
