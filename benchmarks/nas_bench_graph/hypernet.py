"""The hypernetwork that scores architectures of NAS-Bench-Graph on Cora.

    python -m benchmarks.nas_bench_graph.hypernet --data-dir data

A program of its own because words and edges are hidden beyond what the trainer hides (see
:mod:`benchmarks.nas_bench_graph.hiding`); the rest is that of ``nas train-hypernet``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from benchmarks.nas_bench_graph.hiding import hiding
from benchmarks.nas_bench_graph.run import SPACE
from cli.progress import Display
from hypernets.training import HypernetTraining, train_hypernet
from nas.data import catalog

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANNELS = 32
SETTINGS = {"max_channels": 1433, "max_kernel": 1}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train it; the same command goes on where it was stopped."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--data-dir", type=Path, help="where the files of Cora lie")
    add("--steps", type=int, default=700)
    add("--seed", type=int, default=0)
    add("--out", type=Path, default=Path("runs/nas_bench_graph"))
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    train_hypernet(
        SPACE,
        hiding(catalog.load("cora", data_dir=options.data_dir)),
        options.out,
        hypernet="ghn2-lowrank",
        settings=SETTINGS,
        proxy={"channels": CHANNELS},
        training=HypernetTraining(steps=options.steps, seed=options.seed),
        command="python -m benchmarks.nas_bench_graph.hypernet",
        listen=Display(),
    )


if __name__ == "__main__":
    main()
