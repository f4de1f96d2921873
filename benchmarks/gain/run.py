"""What predicted weights are worth as a start of training, on networks never seen.

    python -m benchmarks.gain.run --dataset digits --weights deepnets-digits
    python -m benchmarks.gain.run --dataset cifar10 --data-dir D --weights deepnets-cifar10
    python -m benchmarks.gain.run --dataset digits-knn --weights gnn-digits-knn

What is finished lies in the folder ``--out``; the same command goes on where it was stopped, and
with ``--finished`` prints the tables of the networks that are done.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from benchmarks.gain.course import Plan, measured, read
from benchmarks.gain.graph_networks import GRAPH_NETWORKS
from benchmarks.gain.networks import NETWORKS
from benchmarks.gain.summary import by_length, by_network, rates
from benchmarks.hypernets.ready import folder_of
from cli.progress import Display
from hypernets.checkpoint import load
from nas.data import catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import nn

    from benchmarks.gain.course import Row
    from nas.task.task import Task

RESOLUTIONS = {"digits": 8, "cifar10": 16}
GRAPHS = ("digits-knn", "cora")
RATES = {"images": (0.01, 0.03, 0.1, 0.3), "graphs": (0.001, 0.003, 0.01, 0.03)}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--dataset", choices=(*RESOLUTIONS, *GRAPHS), default="digits")
    add("--data-dir", type=Path, help="where its files lie")
    add("--weights", default="deepnets-digits", help="a shipped hypernetwork, or its folder")
    add("--networks", nargs="+", metavar="NAME", help="those for the data unless given")
    add("--steps", type=int, nargs="+", default=[10, 30, 100, 300], help="of trainings")
    add("--rates", type=float, nargs="+", help="peak learning rates")
    add("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of trainings")
    add("--finished", action="store_true", help="train nothing; the tables of what there is")
    add("--out", type=Path, default=Path("runs/gain"), help="folder of what is finished")
    options = parser.parse_args(arguments)
    networks, rates = of_kind(options.dataset)
    options.networks = options.networks or list(networks)
    options.rates = options.rates or rates
    for name in options.networks:
        if name not in networks:
            parser.error(f"no network {name!r} for {options.dataset}; {', '.join(networks)}")
    return options


def of_kind(
    dataset: str,
) -> tuple[dict[str, Callable[[Task], nn.Module]], Sequence[float]]:
    """The networks for a data set, and the rates they are trained at."""
    if dataset in GRAPHS:
        return GRAPH_NETWORKS, RATES["graphs"]
    return NETWORKS, RATES["images"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; progress goes to stderr."""
    options = parse(arguments)
    torch.set_num_threads(1)
    plan = Plan(steps=options.steps, rates=options.rates, seeds=options.seeds)
    networks = rows_of(options, plan)
    if not networks:
        raise SystemExit(f"nothing is finished in {options.out}")
    print(f"{options.dataset}, {options.weights}: accuracy in % on the ranking split\n")
    for told in (by_length, by_network, rates):
        print(told(networks, plan), end="\n\n")


def rows_of(options: argparse.Namespace, plan: Plan) -> dict[str, list[Row]]:
    """The trainings of each network, of those that are finished if no others are wanted."""
    data = catalog.load(options.dataset, data_dir=options.data_dir)
    data = data.at(RESOLUTIONS.get(options.dataset, data.task.resolution))
    networks, _ = of_kind(options.dataset)
    predictor, listen = load(options.weights), Display()
    folder = folder_of(options.out, options.weights, data)
    found = {}
    for name in options.networks:
        file = folder / f"{name.replace(', ', '-').replace(' ', '-').lower()}.json"
        if options.finished and not set(plan.keys) <= {row.key for row in read(file)}:
            continue
        found[name] = measured(file, networks[name], data, predictor, plan, listen)
    return found


if __name__ == "__main__":
    main()
