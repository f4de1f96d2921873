"""Check that a training fits into the memory of this machine."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nas.errors import TrainingError

if TYPE_CHECKING:
    import torch

    from nas.graph.graph import Graph

_FLOAT_BYTES = 4
_COPIES = 3
"""Copies of the weights: weights, gradients, and the state of the optimiser."""
_CONTAINER = Path("/sys/fs/cgroup/memory.max")


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


def memory() -> float:
    """Bytes of memory this process may take; infinite where that is not known."""
    found = float("inf")
    with suppress(ValueError, OSError, AttributeError):
        found = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(ValueError, OSError):  # no such file, or "max"
        found = min(found, int(_CONTAINER.read_text()))
    return found
