"""Layers of torch-geometric, whose results depend on the edges and so need real tensors."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import torch

from nas.importers.step import BATCH, follows_batch, leaves, mapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

_NODES = 3


def is_message_passing(module: nn.Module) -> bool:
    """Whether a module is a layer of torch-geometric, which is not imported to find out."""
    place = "torch_geometric.nn.conv.message_passing"
    return any(base.__module__ == place for base in type(module).__mro__)


def shape_rule(layer: nn.Module) -> Callable[..., Any]:
    """A layer as a function on tensors without numbers: one edge among three nodes stands in.

    Made before the layer's parameters lose their numbers.
    """
    twin = deepcopy(layer)

    def run(*args: Any, **kwargs: Any) -> Any:
        tensors = [part for part in leaves((args, kwargs)) if isinstance(part, torch.Tensor)]
        edges = {t.shape[1] for t in tensors if t.dim() == 2 and t.dtype == torch.long}

        def small(tensor: Tensor) -> Tensor:
            first, *rest = (1 if size in edges else _nodes(size) for size in tensor.shape)
            return torch.zeros(first, *rest, dtype=tensor.dtype)

        result = twin(*mapped(args, small), **mapped(kwargs, small))
        return mapped(result, _large)

    return run


def _nodes(size: int) -> int:
    return size // BATCH * _NODES if follows_batch(size) else size


def _large(tensor: Tensor) -> Tensor:
    nodes, *rest = tensor.shape
    return torch.empty(nodes // _NODES * BATCH, *rest, dtype=tensor.dtype, device="meta")
