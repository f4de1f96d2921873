"""Large networks whose parameters are predicted, and the hypernetwork that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import search_spaces
from benchmarks.prediction_speed.run import DARTS_V2
from benchmarks.prediction_speed.run import hypernetwork as untrained
from benchmarks.speed.resnet50 import ResNet50
from nas.compile.module import to_module
from nas.importers.from_module import from_module
from nas.task.task import Task

if TYPE_CHECKING:
    from torch import Tensor, nn

    from hypernets.graph_hypernetwork import GraphHyperNetwork
    from nas.graph.graph import Graph

TASK = Task(classes=10, channels=3, resolution=32)


@dataclass(frozen=True, kw_only=True)
class Widths:
    """Sizes of the large networks; smaller ones are for trying the benchmark out."""

    resnet_width: int = 64
    darts_channels: int = 36
    darts_cells: int = 20


def hypernetwork() -> GraphHyperNetwork:
    """A GHN-2 as it is before training; its speed does not depend on its weights."""
    return untrained(TASK, "deepnets", {})


def resnet50(widths: Widths) -> nn.Module:
    """ResNet-50 as a module."""
    return ResNet50(TASK.classes, widths.resnet_width).eval()


def darts(widths: Widths) -> nn.Module:
    """DARTS-V2 as a module."""
    return to_module(darts_graph(widths)).eval()


def darts_graph(widths: Widths) -> Graph:
    """DARTS-V2, Liu et al. 2019, of 36 channels and 20 cells unless said otherwise."""
    space = search_spaces.get(
        "darts", TASK, channels=widths.darts_channels, cells=widths.darts_cells
    )
    return space.graph(DARTS_V2.to_json())


SUBJECTS = {"resnet50": resnet50, "darts": darts}


def imported(module: nn.Module, image: Tensor) -> Graph:
    """A module read as a graph."""
    return from_module(module, image).graph
