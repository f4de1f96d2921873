"""Networks of DeepNets-1M: drawn, given predicted parameters, and run, with and without us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from benchmarks.speed.subject import TASK
from nas.compile.module import to_module
from search_spaces.deepnets.space import network

if TYPE_CHECKING:
    from torch import Tensor, nn

    from nas.graph.graph import Graph
    from nas.space.candidate import Candidate


@dataclass(frozen=True, kw_only=True)
class GenerationSizes:
    """How many networks, and on what.

    Attributes:
        networks: Number of networks.
        batch: Images that each of them sees.
        channels: Width of the space, 32 as published.
    """

    networks: int = 8
    batch: int = 64
    channels: int = 32

    def candidate(self, split: str, index: int) -> Candidate:
        """A network by its index."""
        return network(split, index, TASK, self.channels)

    def images(self) -> Tensor:
        """Random images (B, 3, H, W)."""
        return torch.randn(self.batch, TASK.channels, TASK.resolution, TASK.resolution)


def plain(graph: Graph) -> nn.Module:
    """The network as one would write it by hand, norms taking the statistics of the batch."""
    return to_module(graph).train()
