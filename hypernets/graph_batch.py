"""Several encoded graphs as one."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import torch
from torch_geometric.data import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from hypernets.features import EncodedGraph

_ROWS = ("kind", "attributes", "passed", "depth", "level", "distance")


def graph_batch(graphs: Sequence[EncodedGraph]) -> Batch:
    """The batch that torch-geometric would collate, built faster as the fields are known.

    Example:
        >>> from hypernets.features import encode
        >>> from nas.graph.builder import GraphBuilder
        >>> b = GraphBuilder()
        >>> encoded = encode(b.build(b.linear(b.input((1, 8)), 4)), 50)
        >>> batch = graph_batch([encoded, encoded])
        >>> batch.num_graphs, batch.batch.tolist(), batch.edge_index.tolist()
        (2, [0, 0, 1, 1], [[0, 2], [1, 3]])
    """
    records = [graph.data for graph in graphs]
    ends = list(accumulate([record.num_nodes for record in records], initial=0))
    edges = [
        record.edge_index + first if first else record.edge_index
        for record, first in zip(records, ends, strict=False)
    ]
    ptr = torch.tensor(ends)
    return Batch(
        **{key: _joined([record[key] for record in records]) for key in _ROWS},
        edge_index=_joined(edges, 1),
        batch=torch.arange(len(records)).repeat_interleave(ptr.diff()),
        ptr=ptr,
        num_nodes=ends[-1],
    )


def _joined(parts: Sequence[Tensor], dim: int = 0) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts), dim)
