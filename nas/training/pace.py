"""How fast a network trains on this machine."""

from __future__ import annotations

import time
from itertools import cycle, islice
from statistics import median
from typing import TYPE_CHECKING

import torch

from nas.compile.module import to_module
from nas.seeding import generator, seeded
from nas.training.descent import Descent

if TYPE_CHECKING:
    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.training.config import TrainConfig

_STEPS = 3
"""Steps that are measured after a first one, which allocates memory."""


def seconds_per_epoch(
    graph: Graph, data: Dataset, config: TrainConfig, *, device: torch.device | str = "cpu"
) -> float:
    """Time that an epoch of training takes, from a few steps; evaluation is not counted.

    Args:
        graph: The network.
        data: At the graph's resolution, on the device.
        config: Of the training.
        device: Where it is measured.

    Raises:
        TrainingError: The loss is not finite.
    """
    device, kind = torch.device(device), data.task.traits
    size = min(config.batch_size, len(data.train))
    steps = 1 if kind.on_graph else max(1, len(data.train) // size)
    draw = generator(0, "pace")
    with torch.random.fork_rng(devices=[]), seeded(0):
        module = to_module(graph).to(device).train()
        descent = Descent(module, config, kind, device)
        batches = data.train.batches(size, draw, drop_last=True)
        taken = []
        for batch in islice(cycle(batches), 1 + _STEPS):
            began = time.perf_counter()
            descent.step(kind.vary(batch, data.flip, draw), 1.0, where="a step that is timed")
            taken.append(time.perf_counter() - began)
    return steps * median(taken[1:])
