"""The shape and type of a tensor that enters a graph."""

from __future__ import annotations

from dataclasses import dataclass

import torch

Shape = tuple[int, ...]


@dataclass(frozen=True)
class TensorSpec:
    """A named input of a graph: its shape for one sample, the batch dimension included.

    Attributes:
        shape: ``(1, C, H, W)`` for an image. The first entry stands for the batch.
        dtype: Name of a torch data type.
        name: Name of the value, unique among the graph's nodes.
    """

    shape: Shape
    dtype: str = "float32"
    name: str = "x"

    @property
    def is_edge_index(self) -> bool:
        """Whether it holds the edges of a data graph, (2, E), and no features of its nodes."""
        return self.shape[0] == 2 and self.dtype == "int64"


def is_dtype(name: object) -> bool:
    """Whether it is the name of a torch data type, ``"float32"``."""
    return isinstance(name, str) and isinstance(getattr(torch, name, None), torch.dtype)
