"""MnasNet's space against the counts that Accel-NASBench prints, and against EfficientNet-B0."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nas.analysis.cost import cost
from nas.graph.ops.norm import BatchNorm
from nas.graph.ops.pool import AdaptiveAvgPool2d
from nas.task.task import Task
from search_spaces.stages.mnasnet import MnasNet, from_numbers

if TYPE_CHECKING:
    from nas.graph.graph import Graph

HERE = Path(__file__).parent
ROWS = json.loads((HERE / "mnasnet.json").read_text())["rows"]
ZOO = json.loads((HERE / "zoo_params.json").read_text())
SPACE = MnasNet(task=Task(classes=1000, channels=3, resolution=224))
_DIGITS = 6


def macs_of_thop(graph: Graph) -> int:
    """Multiply-accumulates as the benchmark counts them, batch norms and pools included."""
    total = cost(graph).macs
    for node in graph.nodes:
        outputs = math.prod(graph.shapes[node.name])
        if isinstance(node.op, BatchNorm):
            total += 4 * outputs
        if isinstance(node.op, AdaptiveAvgPool2d):
            (entering,) = graph.input_shapes(node)
            total += math.prod(entering) + outputs
    return total


def printed(count: int) -> float:
    """A count in millions, to the digits of the table."""
    return float(f"{count / 1e6:.{_DIGITS}g}")


@pytest.mark.parametrize(("numbers", "macs", "params"), ROWS, ids=range(len(ROWS)))
def test_counts_are_those_of_the_table(numbers: list[int], macs: float, params: float) -> None:
    graph = SPACE.graph(from_numbers(numbers))
    assert printed(cost(graph).params) == params
    assert printed(macs_of_thop(graph)) == macs


def test_efficientnet_b0_has_its_parameters_and_multiply_accumulates() -> None:
    """The paper prints 0.39 billion FLOPs, which are multiply-accumulates."""
    found = cost(SPACE.graph(SPACE.known()["EfficientNet-B0"]))
    assert found.params == ZOO["torchvision"]["params"]["efficientnet_b0"]
    assert round(found.macs / 1e9, 2) == 0.39
