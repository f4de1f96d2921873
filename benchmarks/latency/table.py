"""Published latencies of NAS-Bench-201 networks."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import search_spaces
from nas.measure.features import features
from nas.space.candidate import candidate
from nas.task.task import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FILE = Path(__file__).parent / "nb201.json.gz"
TASK = Task(classes=10, channels=3, resolution=32)


@dataclass(frozen=True, eq=False, kw_only=True)
class LatencyTable:
    """Cells drawn at random, and what they cost on devices.

    Attributes:
        features: Features of each network.
        latency: Milliseconds on each device, (N,).
        energy: Millijoules on each device that reports it, (N,).
        source: Where the numbers are from.
    """

    features: list[dict[str, float]]
    latency: dict[str, Floats]
    energy: dict[str, Floats]
    source: str


@cache
def read() -> LatencyTable:
    """The table; the features are computed, which takes half a minute."""
    document = json.loads(gzip.decompress(FILE.read_bytes()))
    space = search_spaces.get("nb201", TASK)
    costs = {
        kind: {device: np.array(values) for device, values in document[kind].items()}
        for kind in ("latency", "energy")
    }
    networks = [features(candidate(space, cell).graph) for cell in document["cells"]]
    return LatencyTable(features=networks, source=document["source"], **costs)


def kind_of(device: str) -> str:
    """The hardware of a setting: ``1080ti_32`` is the GPU ``1080ti`` with a batch of 32."""
    return device.partition("_")[0]
