"""How well do the figures of a search rank, in spaces whose accuracies are known?

    python -m benchmarks.rank_fidelity.run --data-dir data

Measured figures are kept, and an interrupted command goes on. ``--print`` only prints the tables.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import torch

import nas
from benchmarks.rank_fidelity.measure import measure
from benchmarks.rank_fidelity.tables import report
from benchmarks.truth import table as truth
from cli.progress import Display

if TYPE_CHECKING:
    from collections.abc import Sequence

_RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    add("--tables", nargs="+", choices=truth.names(), default=truth.names())
    add("--count", type=int, default=150, help="architectures of each table")
    add("--seed", type=int, default=0, help="of the architectures")
    add("--out", type=Path, default=_RESULTS, help="folder of the results")
    add("--print", action="store_true", help="print the tables of the stored results only")
    options = parser.parse_args(arguments)
    if not options.print:
        torch.set_num_threads(1)
        options.out.mkdir(parents=True, exist_ok=True)
        for table in map(truth.read, options.tables):
            data = nas.load_dataset(table.dataset, data_dir=options.data_dir)
            measure(table, data, options.count, options.seed, options.out, Display())
    print(report(options.out))


if __name__ == "__main__":
    main()
