"""What predicting all parameters of one large network costs, in its own forward passes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from benchmarks.speed.subject import SUBJECTS, TASK, Widths, hypernetwork, imported
from hypernets.features import encode
from nas.analysis.cost import cost
from nas.graph.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.speed.clock import Clock, Times

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class OneNetwork:
    """Times of the steps from a module to its predicted parameters.

    Attributes:
        nodes: Of its graph.
        params: Number of its parameters.
        times: Of ``forward`` (a batch of one image), ``import``, ``encode`` and ``predict``,
            which encodes too.
        memory: Bytes that the prediction adds to the process at its most.
    """

    nodes: int
    params: int
    times: Mapping[str, Times]
    memory: int

    @property
    def passes(self) -> dict[str, float]:
        """Median times in forward passes of the network."""
        unit = self.times["forward"].median
        return {name: taken.median / unit for name, taken in self.times.items()}


@torch.no_grad()
def one_network(name: str, widths: Widths, clock: Clock) -> OneNetwork:
    """Measure one of the subjects."""
    memory = _added_memory(name, widths)
    module, hypernet = SUBJECTS[name](widths), hypernetwork()
    image = torch.randn(1, TASK.channels, TASK.resolution, TASK.resolution)
    graph = imported(module, image)

    def again() -> Graph:
        return Graph(graph.inputs, graph.nodes, graph.outputs)

    runs = {
        "forward": lambda: module(image),
        "import": lambda: imported(module, image),
        "encode": lambda: encode(again(), hypernet.config.reach),
        "predict": lambda: hypernet.predict([again()]),
    }
    return OneNetwork(
        nodes=len(graph.nodes),
        params=int(cost(graph).params),
        times=clock.compare(runs),
        memory=memory,
    )


def _added_memory(name: str, widths: Widths) -> int:
    """Bytes, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed.memory", name, json.dumps(asdict(widths))]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)
