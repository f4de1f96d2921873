r"""Train random architectures of a space, to have a truth that scores can be compared with.

    python -m benchmarks.ranking.truth --space nasnet:channels=8,cells=1 --dataset cifar10 \
        --data-dir data --count 60 --epochs 8 --out truth.json

The file grows with every architecture; the same command goes on where it was stopped. Several
processes share the work with ``--shard 0/2`` and ``--shard 1/2``, each with an ``--out`` of its
own; ``run.py --truth`` takes all of them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

import search_spaces
from cli.progress import Display
from nas.analysis.cost import cost
from nas.data import catalog
from nas.errors import TrainingError
from nas.events import stage
from nas.files import write_json
from nas.seeding import rng
from nas.space.candidate import Candidate, sample
from nas.training.config import TrainConfig
from nas.training.evaluate import evaluate
from nas.training.train import train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nas.data.dataset import Dataset
    from nas.space.search_space import SearchSpace


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--space", required=True, help="with macro sizes after a colon")
    add("--dataset", default="cifar10")
    add("--data-dir", type=Path, help="where its files lie")
    add("--resolution", type=int, help="side of the images (default: as they are)")
    add("--count", type=int, default=60, help="architectures, those of all shards together")
    add("--epochs", type=int, default=8)
    add("--batch-size", type=int, default=TrainConfig.batch_size)
    add("--seed", type=int, default=0, help="of architectures and trainings")
    add("--shard", default="0/1", metavar="I/N", help="every N-th architecture, from the I-th")
    add("--out", type=Path, default=Path("truth.json"))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what the file does not hold yet."""
    options = parse(arguments)
    torch.set_num_threads(1)
    data = catalog.load(options.dataset, data_dir=options.data_dir)
    if options.resolution:
        data = data.at(options.resolution)
    space = search_spaces.get(options.space, data.task)
    part, parts = (int(text) for text in options.shard.split("/"))
    about = {
        name: getattr(options, name)
        for name in ("space", "dataset", "resolution", "epochs", "batch_size", "seed")
    }
    document: dict[str, Any] = {**about, "rows": []}
    if options.out.exists():
        document = json.loads(options.out.read_text(encoding="utf-8"))
        if {name: document.get(name) for name in about} != about:
            raise SystemExit(f"{options.out} holds other trainings; choose another --out")
    done = {row["architecture"] for row in document["rows"]}
    candidates = drawn(space, options.count, options.seed)[part::parts]
    config = TrainConfig(epochs=options.epochs, batch_size=options.batch_size)
    with stage(Display(), "truth", len(candidates)) as progress:
        for number, candidate in enumerate(candidates, start=1):
            if candidate.architecture not in done:
                document["rows"].append(trained(candidate, data, config, options.seed))
                write_json(options.out, document)
            progress.advance(number)


def drawn(space: SearchSpace, count: int, seed: int) -> list[Candidate]:
    """Random architectures, no two of them isomorphic."""
    stream = rng(seed, "truth")
    found: dict[str, Candidate] = {}
    while len(found) < count:
        one = sample(space, stream)
        found.setdefault(one.hash, one)
    return list(found.values())


def trained(candidate: Candidate, data: Dataset, config: TrainConfig, seed: int) -> dict[str, Any]:
    """One row: what the architecture costs and, unless its training failed, what it reached."""
    costs = cost(candidate.network)
    row: dict[str, Any] = {
        "architecture": candidate.architecture,
        "test_accuracy": None,
        "val_accuracy": None,
        "params": costs.params,
        "macs": costs.macs,
    }
    start = perf_counter()
    try:
        network = train(candidate.network, data, config, seed=seed)
    except TrainingError as error:
        row["reason"] = str(error)
    else:
        row["val_accuracy"] = network.val_accuracy
        row["test_accuracy"] = evaluate(network.module, data.test).accuracy
    return {**row, "seconds": round(perf_counter() - start, 1)}


if __name__ == "__main__":
    main()
