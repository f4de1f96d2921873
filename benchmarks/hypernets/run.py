"""How well each hypernetwork predicts parameters, all trained at equal cost.

    python -m benchmarks.hypernets.run --dataset digits --seconds 600
    python -m benchmarks.hypernets.run --dataset cifar10 --data-dir D --entries ghn2 ghn2-published
    python -m benchmarks.hypernets.run --dataset digits --weights deepnets-digits

Cost is time of the processor on one thread. What is finished lies in the folder ``--out``; the
same command goes on where it was stopped. Several processes share the work if they are given
different ``--entries`` or ``--seeds``; ``--finished`` then prints the table of all. With
``--weights`` nothing is trained: the table is that of hypernetworks that have been.
"""

from __future__ import annotations

import argparse
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import search_spaces
from benchmarks.hypernets.cost import trained
from benchmarks.hypernets.entry import ENTRIES
from benchmarks.hypernets.judge import Judge, judged
from benchmarks.hypernets.ready import cost_of, folder_of
from benchmarks.hypernets.subjects import subjects
from benchmarks.hypernets.summary import TRUTH, Line, agreement, markdown, remarks
from benchmarks.ranking import table
from benchmarks.ranking.sample import everything
from cli.progress import Display
from hypernets.checkpoint import load
from nas.data import catalog
from nas.events import Noted
from search_spaces.registry import parse_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.data.dataset import Dataset
    from nas.graph.graph import Graph
    from nas.space.search_space import SearchSpace

SCALES = {
    "digits": "channels=8,max_cells=8,resolution=8",
    "cifar10": "channels=8,max_cells=8,resolution=16",
}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--dataset", choices=SCALES, default="digits")
    add("--data-dir", type=Path, help="where its files lie")
    add("--seconds", type=float, default=600.0, help="of the processor, for each training")
    what = parser.add_mutually_exclusive_group().add_argument
    what("--entries", nargs="+", choices=ENTRIES, default=list(ENTRIES), metavar="NAME")
    what("--weights", nargs="+", metavar="NAME|DIR", help="train nothing; the table of these")
    add("--fit-head", type=int, metavar="N", help="fit last layers to N training images")
    add("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of trainings")
    add("--networks", type=int, default=50, help="of each split")
    add("--scale", metavar="SIZES", help=f"of the networks; for digits {SCALES['digits']}")
    add("--truth", type=Path, nargs="+", help="files of benchmarks.ranking.truth")
    add("--finished", action="store_true", help="train nothing; the table of what there is")
    add("--out", type=Path, default=Path("runs/hypernets"), help="folder of what is finished")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; progress goes to stderr."""
    options = parse(arguments)
    torch.set_num_threads(1)
    data = catalog.load(options.dataset, data_dir=options.data_dir)
    space = search_spaces.get("deepnets", data.task)
    scale = parse_sizes(options.scale or SCALES[options.dataset], "--scale")
    small = space.at(**scale)
    networks = subjects(small, options.networks)
    truth: table.Table = {}
    if options.truth:
        truth, about = table.trained(options.truth)
        networks[TRUTH] = known_networks(data.at(small.task.resolution), truth, about)
    judge = Judge(data.at(small.task.resolution), options.fit_head)
    if options.weights:
        lines = lines_of_ready(options, data, judge, networks)
    else:
        lines = lines_of(options, space, data, scale, judge, networks)
    if not lines:
        raise SystemExit(f"nothing is finished in {options.out}")
    heads = f", last layers fitted to {options.fit_head} images" if options.fit_head else ""
    print(f"{options.dataset}, {scale}: accuracy in % on the ranking split{heads}\n")
    print(markdown(lines))
    if truth:
        print(f"\nagreement with {len(truth)} trained networks\n")
        print(agreement(lines, list(truth.values())))
    for remark in remarks(lines):
        print(f"\n{remark}")


def known_networks(data: Dataset, truth: table.Table, about: Mapping[str, Any]) -> list[Graph]:
    """The networks of a truth, which must have been trained on this data."""
    found = (about["dataset"], about["resolution"] or data.task.resolution)
    if found != (data.name, data.task.resolution):
        raise SystemExit(
            f"--truth holds trainings on {found[0]} at {found[1]} pixels, expected {data.name} at "
            f"{data.task.resolution}; make it with --resolution {data.task.resolution}"
        )
    space = search_spaces.get(about["space"], data.task)
    return [one.network for one in everything(space, truth).candidates]


def lines_of(
    options: argparse.Namespace,
    space: SearchSpace,
    data: Dataset,
    scale: Mapping[str, Any],
    judge: Judge,
    networks: Mapping[str, Sequence[Graph]],
) -> list[Line]:
    """What each entry costs and reaches, all of them with one seed after another."""
    lines = {name: Line(name) for name in options.entries}
    listen = Display()
    for seed in options.seeds:
        for name, line in lines.items():
            directory = directory_of(options, name, seed, scale, data)
            if options.finished and not (directory / "cost.json").exists():
                continue
            listen(Noted(text=f"{name}, seed {seed}: {directory}"))
            line.costs[seed] = trained(
                ENTRIES[name],
                space,
                data,
                scale,
                directory,
                seconds=options.seconds,
                seed=seed,
                listen=listen,
            )
            predictor = load(directory)
            verdicts = verdicts_in(directory, options.fit_head)
            line.verdicts[seed] = {
                split: judged(verdicts, split, judge, predictor, graphs, listen)
                for split, graphs in networks.items()
            }
    return [line for line in lines.values() if line.costs]


def lines_of_ready(
    options: argparse.Namespace,
    data: Dataset,
    judge: Judge,
    networks: Mapping[str, Sequence[Graph]],
) -> list[Line]:
    """What each hypernetwork of ``--weights`` reaches; verdicts lie in folders of their own."""
    lines, listen = [], Display()
    for weights in options.weights:
        predictor = load(weights)
        directory = verdicts_in(folder_of(options.out, weights, data), options.fit_head)
        listen(Noted(text=f"{weights}: {directory}"))
        verdicts = {
            split: judged(directory, split, judge, predictor, graphs, listen)
            for split, graphs in networks.items()
        }
        seed = predictor.card.training["seed"]
        costs = {seed: cost_of(predictor, weights)}
        lines.append(Line(weights, costs, {seed: verdicts}))
    return lines


def verdicts_in(directory: Path, head: int | None) -> Path:
    """Where verdicts lie, with predicted or with fitted last layers."""
    return directory if head is None else directory / f"head-{head}"


def directory_of(
    options: argparse.Namespace, name: str, seed: int, scale: Mapping[str, Any], data: Dataset
) -> Path:
    """Where a training lies; its name tells trainings apart."""
    entry = ENTRIES[name]
    key = (
        entry.hypernet,
        sorted(entry.composition.items()),
        sorted(entry.training.items()),
        sorted(scale.items()),
        options.seconds,
        data.fingerprint,
    )
    shown = blake2b(repr(key).encode(), digest_size=4).hexdigest()
    folder: Path = options.out / f"{options.dataset}-{name}-{seed}-{shown}"
    return folder


if __name__ == "__main__":
    main()
