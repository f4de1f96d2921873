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
_NODES, _EDGES = 8, 24


def random_inputs(graph: Graph, generator: torch.Generator) -> tuple[Tensor, ...]:
    """A small batch for each input of a graph: noise, ids, or edges between a few nodes.

    Args:
        graph: The network; ids are below the size of its smallest embedding.
        generator: On the CPU.
    """
    of_nodes = any(spec.is_edge_index for spec in graph.inputs)
    rows = _NODES if of_nodes else _SAMPLES
    tables = [n.op.num_embeddings for n in graph.nodes if isinstance(n.op, Embedding)]
    ids = min(tables, default=2)

    def drawn(spec: TensorSpec) -> Tensor:
        if spec.is_edge_index:
            return torch.randint(_NODES, (2, _EDGES), generator=generator)
        shape, dtype = (rows, *spec.shape[1:]), getattr(torch, spec.dtype)
        if dtype.is_floating_point:
            return torch.randn(shape, generator=generator).to(dtype)
        return torch.randint(ids, shape, generator=generator).to(dtype)

    return tuple(map(drawn, graph.inputs))
