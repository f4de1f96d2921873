"""The GPU of a worker process."""

from __future__ import annotations

import os

import torch

_OWN = "NAS_WORKER_GPU"
"""The environment variable that gives a worker the number of its GPU."""


def gpu_for(number: int) -> dict[str, str]:
    """Environment that gives a worker one of this machine's GPUs, in turn; empty without GPUs."""
    count = torch.cuda.device_count()
    return {_OWN: str(number % count)} if count else {}


def own_device(device: torch.device) -> torch.device:
    """The device of this process: ``cuda`` is the GPU that the worker was given.

    A named GPU, such as ``cuda:1``, is the same one in all workers.

    Example:
        >>> own_device(torch.device("cuda:1"))
        device(type='cuda', index=1)
    """
    own = os.environ.get(_OWN)
    if own is None or device != torch.device("cuda"):
        return device
    return torch.device("cuda", int(own))
