"""Trainings from default, LSUV and fitted weights, on networks that designed none of them.

    python -m benchmarks.starts.run --dataset cifar10 --data-dir D --resolution 16
    python -m benchmarks.starts.run --dataset cifar10 --data-dir D --resolution 16 --finished
    python -m benchmarks.starts.run --dataset cora --data-dir D --optimiser adam

What is finished lies in the folder ``--out``, a file for each network; the same command continues
where it stopped, and with ``--finished`` prints the tables of what there is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from benchmarks.gain.graph_networks import GRAPH_NETWORKS
from benchmarks.starts.course import RATES, add, read, run_course
from benchmarks.starts.networks import NETWORKS
from benchmarks.starts.summary import tables
from hypernets.checkpoint import load
from nas.data import catalog

if TYPE_CHECKING:
    from collections.abc import Sequence

STARTS = ("default", "lsuv", "fitted")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    option = parser.add_argument
    option("--dataset", default="cifar10", help="name or path")
    option("--data-dir", type=Path, help="where its files lie")
    option("--resolution", type=int, help="pixels; those of the data unless given")
    option("--networks", nargs="+", metavar="NAME", help="all unless given")
    option("--starts", nargs="+", default=list(STARTS), help="the last one is compared")
    option("--weights", help="hypernetwork of the starts that need one")
    option("--optimiser", choices=tuple(RATES), default="sgd")
    option("--steps", type=int, default=300, help="of the longest training")
    option("--seeds", type=int, nargs="+", default=[1])
    option("--finished", action="store_true", help="train nothing; the tables of what there is")
    option("--out", type=Path, default=Path("runs/starts"), help="folder of what is finished")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; progress goes to stderr."""
    options = parse(arguments)
    torch.set_num_threads(1)
    data = catalog.load(options.dataset, data_dir=options.data_dir)
    data = data.at(options.resolution or data.task.resolution)
    networks = GRAPH_NETWORKS if data.task.traits.on_graph else NETWORKS
    names = options.networks or list(networks)
    hypernet = load(options.weights) if options.weights else None
    folder = options.out / f"{data.name}-{data.task.width}-{data.task.resolution}"
    files = {name: folder / f"{name.replace(' ', '-').lower()}.json" for name in names}
    for seed in () if options.finished else options.seeds:
        for name, file in files.items():
            known = {course.key for course in read(file)}
            for start in options.starts:
                if (start, options.optimiser, seed, options.steps) in known:
                    continue
                course = run_course(
                    networks[name],
                    data,
                    start,
                    optimiser=options.optimiser,
                    seed=seed,
                    steps=options.steps,
                    hypernet=hypernet,
                )
                add(file, course)
                reached = f"{course.accuracy[-1]:.1%} after {options.steps} steps"
                print(f"{name}, {start}, seed {seed}: {reached}", file=sys.stderr, flush=True)
    found = {name: read(file) for name, file in files.items()}
    print(tables(found, options.starts, options.optimiser, options.steps))


if __name__ == "__main__":
    main()
