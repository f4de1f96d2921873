"""Costs of all NAS-Bench-201 networks: multiply-accumulates, and latencies of a published table.

python -m benchmarks.strategies.convert HELP.json.gz
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import search_spaces
from benchmarks.ranking.table import published
from benchmarks.strategies.tables import COSTS, DEVICES
from nas.analysis.cost import cost
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> None:
    """Write them in the order of the table of accuracies."""
    help_table = json.loads(gzip.decompress(Path(arguments[0]).read_bytes()))
    place = {cell: row for row, cell in enumerate(help_table["nb201_strings"])}
    latency = help_table["latency"]["nasbench201"]
    space = search_spaces.get("nb201", Task(classes=10, channels=3, resolution=32))
    cells = list(published())
    document = {
        "source": help_table["source"],
        "licence": help_table["licence"],
        "macs": [cost(space.graph(cell).simplified).macs for cell in cells],
        **{device: [latency[device][place[cell]] for cell in cells] for device in DEVICES},
    }
    text = json.dumps(document, separators=(",", ":"))
    COSTS.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1:])
