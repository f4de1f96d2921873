"""How a launcher such as ``torchrun`` started this process."""

from __future__ import annotations

import os
from dataclasses import dataclass

_VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""Environment variables of a rank, see https://docs.pytorch.org/docs/stable/elastic/run.html."""


@dataclass(frozen=True)
class Launch:
    """The place of this process among those started together; by default it is alone.

    Attributes:
        rank: Its number, from 0.
        size: How many there are on all machines.
        local_rank: Its number on this machine.
        local_size: How many there are on this machine.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    local_size: int = 1


def launch() -> Launch:
    """How this process was started, read from its environment."""
    if not all(name in os.environ for name in _VARIABLES):
        return Launch()
    return Launch(
        rank=int(os.environ["RANK"]),
        size=int(os.environ["WORLD_SIZE"]),
        local_rank=int(os.environ.get("LOCAL_RANK", "0")),
        local_size=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
    )
