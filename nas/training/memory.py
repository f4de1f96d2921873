"""Check that a training fits into the memory of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nas.allocator import memory
from nas.errors import TrainingError

if TYPE_CHECKING:
    from nas.graph.graph import Graph

NO_MEMORY = "it needs more memory than there is"
"""Why a candidate has failed."""

_SAID = ("allocate memory", "out of memory", "DefaultCPUAllocator", "bad_alloc")
"""Parts of the messages of plain errors: torch has a class of its own for GPUs only."""

_FLOAT_BYTES = 4
_COPIES = 3
"""Copies of the weights: weights, gradients, and the state of the optimiser."""


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is too little memory.

    Example:
        >>> is_lack_of_memory(MemoryError()), is_lack_of_memory(ValueError("too long"))
        (True, False)
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(part in str(error) for part in _SAID)


def check_memory(graph: Graph, rows: int, device: torch.device) -> None:
    """Raise unless the memory suffices for the least that a training needs.

    That is three times the weights, and the largest output of a batch. Linux kills a process that
    exceeds the memory without a message; on a GPU torch raises an error.

    Args:
        graph: The network.
        rows: Samples in a batch.
        device: Device of the training.

    Raises:
        TrainingError: The memory does not suffice; the message states the amount needed.
    """
    steps = graph.applied.values()
    params = sum([step.params for step in steps])
    largest = max([step.size for step in steps], default=0)
    needed, there = _FLOAT_BYTES * (_COPIES * params + rows * largest), memory()
    if device.type == "cpu" and needed > there:
        raise TrainingError(
            f"training the network takes {needed / 1e9:,.0f} GB of memory or more, "
            f"this machine has {there / 1e9:,.0f} GB",
            hint="Take a smaller network, or smaller batches.",
        )
