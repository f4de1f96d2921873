"""The interface of every part of a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nas.data.images.stored_images import StoredImages
    from nas.task.batch import Batch


class Samples(Protocol):
    """Labelled samples on one device: :class:`nas.data.Split`, :class:`nas.data.NodeSplit`."""

    @property
    def labels(self) -> Tensor:
        """Label of every row: (rows,), :data:`nas.task.batch.UNLABELLED` where it has none."""

    def __len__(self) -> int:
        """Number of labelled samples."""

    @property
    def rows(self) -> int:
        """Number of rows in a network's input, labelled or not."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All of its tensors that hold data, the labels first; images in a file are read."""

    @property
    def contents(self) -> tuple[Tensor | StoredImages, ...]:
        """The same, but images in a file stay there."""

    def to(self, device: torch.device | str) -> Samples:
        """The same samples on a device."""

    def at(self, resolution: int) -> Samples:
        """The same samples at a resolution, if they have one."""

    def subset(self, indices: Tensor | slice) -> Samples:
        """Some of the samples; indices count the labelled ones."""

    def spread(self, count: int) -> Samples:
        """At most ``count`` samples at equal distances in the order they have."""

    def whole(self) -> Batch:
        """All samples as one batch."""

    def drawn(self, count: int, generator: torch.Generator) -> Batch:
        """A batch for one step of training, drawn at random."""

    def batches(
        self,
        batch_size: int,
        generator: torch.Generator | None = None,
        *,
        drop_last: bool = False,
    ) -> Iterator[Batch]:
        """All samples in batches, shuffled if a generator on the CPU is given."""


def evenly(length: int, count: int, device: torch.device | None = None) -> Tensor:
    """At most ``count`` evenly spaced indices below ``length``, with the first and the last.

    Example:
        >>> evenly(9, 3).tolist()
        [0, 4, 8]
    """
    return torch.linspace(0, length - 1, min(count, length), device=device).round().long()
