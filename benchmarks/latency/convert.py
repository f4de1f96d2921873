"""The table of this benchmark, from extracts of two published ones.

python -m benchmarks.latency.convert HELP.json.gz HW.json.gz
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import search_spaces
from benchmarks.latency.table import FILE, TASK
from nas.seeding import rng
from search_spaces.cells.nb201 import edge_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_CELLS = 1500
_OPERATIONS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


def main(arguments: Sequence[str]) -> None:
    """Write latencies and energies of cells drawn at random."""
    help_table, hw_table = (_read(Path(one)) for one in arguments)
    space = search_spaces.get("nb201", TASK)
    cells: list[str] = help_table["nb201_strings"]
    rows = sorted(rng(0, "latency").permutation(len(cells))[:_CELLS].tolist())
    latency = {
        device: [values[row] for row in rows]
        for device, values in help_table["latency"]["nasbench201"].items()
    }
    in_hw = {net: values for net, *values in hw_table["rows"]}
    found = [in_hw[_key(space.decode(cells[row]))] for row in rows]
    document = {
        "source": f"{help_table['source']}; {hw_table['source']}",
        "licence": "MIT",
        "cells": [cells[row] for row in rows],
        "latency": {**latency, "edgegpu": [one[0] for one in found]},  # its pixel3 is that of HELP
        "energy": {"edgegpu": [one[1] for one in found]},
    }
    text = json.dumps(document, separators=(",", ":"))
    FILE.write_bytes(gzip.compress(text.encode(), mtime=0))


def _key(params: dict[str, Any]) -> str:
    """A cell in the notation of HW-NAS-Bench's table."""
    return "".join(str(_OPERATIONS.index(params[edge_name(*edge)])) for edge in _EDGES)


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return document


if __name__ == "__main__":
    main(sys.argv[1:])
