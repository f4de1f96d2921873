"""SWAP: how many different patterns of activation a network shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nas.graph.node import Node

_MOST = 62
"""Images whose signs fit one integer."""


class ActivationPatterns:
    """Different sample-wise activation patterns, counted while a network runs.

    The pattern of a unit holds for each image whether its activation is positive; the score is the
    number of different patterns of all units (Peng et al. 2024, SWAP-NAS, definition 3.2). It is
    the observer of :func:`nas.compile.apply.apply`.

    Args:
        images: Number of images of the batch that are compared, at most 62.
    """

    def __init__(self, images: int) -> None:
        if not 0 < images <= _MOST:
            raise ValueError(f"expected 1 to {_MOST} images, got {images}")
        self._bits = 2 ** torch.arange(images)
        self._patterns = torch.empty(0, dtype=torch.long)

    def __call__(self, node: Node, inputs: Sequence[Tensor]) -> None:
        """Observe the inputs (B, ...) of a node."""
        if node.op.is_rectifier:
            positive = (inputs[0].detach()[: len(self._bits)] > 0).flatten(1)  # (B, U)
            found = (positive * self._bits[:, None]).sum(0)
            self._patterns = torch.cat([self._patterns, found]).unique()

    @property
    def count(self) -> int:
        """Number of different patterns seen so far."""
        return len(self._patterns)
