"""What a search in Auto-GNN's space finds, over several seeds.

    python -m benchmarks.auto_gnn.run --dataset cora --data-dir D --constraint "params<=1e5"

Runs lie in the folder ``--out``; the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING

import torch

import nas
import search_spaces
from cli.progress import Display
from hypernets.checkpoint import load
from nas.data import catalog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.study.result import SearchResult


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line for each seed, and the mean."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--dataset", default="cora")
    add("--data-dir", type=Path, help="where its files lie")
    add("--weights", help="a hypernetwork; gnn-DATASET by default")
    add("--n-trials", type=int, default=300)
    add("--max-epochs", type=int, default=300)
    add("--sampler", default="random")
    add("--finalists", type=int, default=60)
    add("--founders", type=int, default=30, help="trained before the first mutant")
    add("--constraint", action="append", default=[])
    add("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    add("--out", type=Path, default=Path("runs/auto_gnn"))
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    data = catalog.load(options.dataset, data_dir=options.data_dir)
    space = search_spaces.get("gnn", data.task)
    found = []
    print("| seed | test accuracy | validation accuracy | last rung | parameters | seconds |")
    print("| --- | --- | --- | --- | --- | --- |")
    for seed in options.seeds:
        result = nas.search(
            space,
            data,
            load(options.weights or f"gnn-{data.name}"),
            n_trials=options.n_trials,
            constraints=options.constraint,
            sampler=options.sampler,
            max_epochs=options.max_epochs,
            finalists=options.finalists,
            founders=options.founders,
            seed=seed,
            out=options.out / f"{data.name}-{seed}",
            device="cpu",
            listen=Display(),
        )
        found.append(result.best.test_accuracy or 0.0)
        print(line(seed, result), flush=True)
    spread = stdev(found) if len(found) > 1 else 0.0
    print(f"\nmean test accuracy {100 * fmean(found):.2f} ± {100 * spread:.2f} %")


def line(seed: int, result: SearchResult) -> str:
    """One search in a row of the table.

    *Last rung* is what the networks reached on the validation nodes that came that far and were
    not chosen.
    """
    best, *others = result.finalists
    longest = max(finalist.epochs or 0 for finalist in others)
    reached = [f.val_accuracy or 0 for f in others if f.epochs == longest]
    accuracies = (best.test_accuracy or 0, best.val_accuracy or 0, fmean(reached))
    cells = [f"{100 * accuracy:.1f}" for accuracy in accuracies]
    return (
        f"| {seed} | {' | '.join(cells)} | {best.cost.params:,} "
        f"| {sum(result.seconds.values()):.0f} |"
    )


if __name__ == "__main__":
    main()
