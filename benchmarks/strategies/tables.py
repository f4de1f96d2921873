"""Tables of whole spaces, in which any proposed architecture can be looked up."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import search_spaces
from benchmarks.nas_bench_graph import table as graph_table
from benchmarks.ranking.table import published
from benchmarks.truth.table import read
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task
from search_spaces.cells.nb201 import EDGES, edge_name
from search_spaces.cells.nb201 import OPERATIONS as EDGE_OPERATIONS
from search_spaces.nodes.nasbench_graph import LINKS, NODES
from search_spaces.nodes.nasbench_graph import OPERATIONS as NODE_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optuna import Trial

COSTS = Path(__file__).with_name("nb201_costs.json.gz")
DEVICES = ("1080ti_1", "pixel3", "silver_4210r")
"""Of the published latencies: a GPU, a phone and a CPU, one image at a time."""

_IMAGES = Task(classes=10, channels=3, resolution=32)


@dataclass(frozen=True, eq=False)
class Table:
    """What training brought, and what networks cost.

    Attributes:
        choices: The values of each choice, by name.
        encode: The key of an architecture, from its choices.
        seen: The accuracy that a search sees, by key.
        judged: The accuracy by which it is judged.
        costs: Costs by name and key.
        size: The cost by which *largest first* goes.
    """

    choices: Mapping[str, tuple[str, ...]]
    encode: Callable[[Mapping[str, Any]], str]
    seen: Mapping[str, float]
    judged: Mapping[str, float]
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    size: str = "macs"

    def ask(self, trial: Trial) -> str:
        """The key of the architecture that a trial suggests; ``""`` if the table lacks it."""
        for name, values in self.choices.items():
            trial.suggest_categorical(name, values)
        key = self.encode(trial.params)
        return key if key in self.seen else ""


def _costs(cells: list[str]) -> dict[str, dict[str, float]]:
    document = json.loads(gzip.decompress(COSTS.read_bytes()))
    return {name: dict(zip(cells, document[name], strict=True)) for name in ("macs", *DEVICES)}


@cache
def nb201() -> Table:
    """NAS-Bench-201 on CIFAR-10: validation accuracy is seen, test accuracy judges."""
    seen, judged = published("c10_val200"), published("c10_test200")
    choices = {edge_name(*edge): EDGE_OPERATIONS for edge in EDGES}
    encode = search_spaces.get("nb201", _IMAGES).encode
    return Table(choices, encode, seen, judged, _costs(list(judged)))


@cache
def nas_bench_graph() -> Table:
    """NAS-Bench-Graph on Cora, the same way."""
    found = graph_table.published()
    task = Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
    choices = {"links": LINKS, **{f"op{node}": NODE_OPERATIONS for node in range(NODES)}}
    return Table(
        choices,
        search_spaces.get("nasbench-graph", task).encode,
        {key: one.val for key, one in found.items()},
        {key: one.test for key, one in found.items()},
        {"params": {key: float(one.parameters) for key, one in found.items()}},
        size="params",
    )


@cache
def transnas(measure: str) -> Table:
    """TransNAS-Bench-101, micro: cells without pooling; the table has one figure of each task."""
    found = read("transnas")
    column = found.measures.index(measure)
    seen = {cell: values[column] / 100 for cell, values in found.rows.items()}
    macs = nb201().costs["macs"]
    choices = {edge_name(*edge): EDGE_OPERATIONS[:4] for edge in EDGES}
    return Table(
        choices,
        search_spaces.get("nb201", _IMAGES).encode,
        seen,
        seen,
        {"macs": {cell: macs[cell] for cell in seen}},
    )
