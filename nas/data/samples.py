"""What every part of a data set can do, whatever its samples are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

UNLABELLED = -100
"""Label of what stands in a batch but is not asked about: what cross-entropy leaves out."""

Inputs = tuple[Tensor, ...]
"""What a network is called with: images (B, C, H, W), or features (N, F) and edges (2, E)."""


class Batch(NamedTuple):
    """What a network is called with, and the class of every row of its output.

    Attributes:
        inputs: Arguments of one call.
        labels: Class indices, or :data:`UNLABELLED`: (rows,).
    """

    inputs: Inputs
    labels: Tensor


class Samples(Protocol):
    """Labelled samples on one device: :class:`nas.data.Split`, :class:`nas.data.NodeSplit`."""

    @property
    def labels(self) -> Tensor:
        """Class indices, :data:`UNLABELLED` where a row is none of the samples: (rows,)."""

    def __len__(self) -> int:
        """Number of labelled samples."""

    @property
    def rows(self) -> int:
        """Rows that run through a network when all of it is called, labelled or not."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Everything that makes it what it is, the labels first."""

    def to(self, device: torch.device | str) -> Samples:
        """The same samples on a device."""

    def at(self, resolution: int) -> Samples:
        """The same samples at a resolution, where they have one."""

    def subset(self, indices: Tensor | slice) -> Samples:
        """Some of the samples, counted among them."""

    def spread(self, count: int) -> Samples:
        """At most ``count`` of them, spread evenly over samples sorted by anything."""

    def whole(self) -> Batch:
        """All of them as one batch."""

    def drawn(self, count: int, generator: torch.Generator) -> Batch:
        """A batch for one step of training, drawn at random."""

    def batches(
        self,
        batch_size: int,
        generator: torch.Generator | None = None,
        *,
        drop_last: bool = False,
    ) -> Iterator[Batch]:
        """All of them in batches, shuffled if a generator on the CPU is given."""


def evenly(length: int, count: int, device: torch.device | None = None) -> Tensor:
    """Indices of at most ``count`` of ``length`` things, the first and the last among them.

    Example:
        >>> evenly(9, 3).tolist()
        [0, 4, 8]
    """
    return torch.linspace(0, length - 1, min(count, length), device=device).round().long()
