"""Weights before any training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.compile.module import to_module
from nas.seeding import derive

if TYPE_CHECKING:
    from torch import Tensor

    from nas.graph.graph import Graph


def untrained(graph: Graph, seed: int) -> dict[str, Tensor]:
    """A tensor for every parameter of a network, by torch's own initialisation."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, "weights"))
        module = to_module(graph)
    return {name: tensor.detach() for name, tensor in module.named_parameters()}
