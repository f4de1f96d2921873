"""Train random architectures of spaces for which no public table exists.

    python -m benchmarks.truth.own.train --tables resnet-digits        # goes on where it stopped

Each network is trained once with the recipe of a search; the first 30 once more with another seed,
which shows how far two trainings of one network agree. What is trained so far lies in ``begun``;
finished tables move to the others.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

import nas
from benchmarks.truth import table as truth
from cli.progress import Display
from nas.analysis.cost import cost
from nas.data.fitted import fitted
from nas.events import stage
from nas.seeding import rng
from nas.space.candidate import sample
from nas.training.config import default_training
from nas.training.evaluate import evaluate
from nas.training.train import train

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.data.dataset import Dataset
    from nas.space.candidate import Candidate
    from nas.space.search_space import SearchSpace

BEGUN = Path(__file__).parent / "begun"
"""Folder of tables that are not finished."""

_NETWORKS, _REPEATED = 80, 30
_SEEDS = 0, 1


@dataclass(frozen=True, kw_only=True)
class OwnTable:
    """What is trained.

    Attributes:
        space: As :attr:`benchmarks.truth.table.TruthTable.space`.
        dataset: A registered data set.
        images: Training images; all if None.
        resolution: Of the images; their own if None.
        epochs: Length of each training.
        macs: Largest multiply-accumulates of a network, as a bound of the time.
    """

    space: str
    dataset: str
    images: int | None = None
    resolution: int | None = None
    epochs: int = 10
    macs: float = float("inf")

    def data(self, data_dir: Path | None) -> Dataset:
        """The data set."""
        whole = nas.load_dataset(self.dataset, data_dir=data_dir)
        if self.images is not None:
            whole = replace(whole, train=whole.train.spread(self.images))
        return whole if self.resolution is None else whole.at(self.resolution)

    def networks(self, space: SearchSpace) -> list[Candidate]:
        """Different random architectures within the bound, always the same."""
        draws, found = rng(0, "own truth", self.space), dict[str, Any]()
        while len(found) < _NETWORKS:
            one = sample(space, draws)
            if cost(one.network).macs <= self.macs:
                found.setdefault(one.hash, one)
        return list(found.values())


_PHOTOGRAPHS: Mapping[str, Any] = {"dataset": "cifar10", "images": 10_000, "resolution": 16}
TABLES: Mapping[str, OwnTable] = {
    "resnet-digits": OwnTable(space="resnet", dataset="cluttered-digits"),
    "chain-cifar10": OwnTable(space="benchmarks.truth.own.chain:build", macs=6e6, **_PHOTOGRAPHS),
    "regnet-cifar10": OwnTable(space="regnet", macs=6e6, **_PHOTOGRAPHS),
    "nasnet-cifar10": OwnTable(space="nasnet:channels=4,cells=1", **_PHOTOGRAPHS),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for name in options.tables:
        _train(name, TABLES[name], TABLES[name].data(options.data_dir))


def _train(name: str, own: OwnTable, data: Dataset) -> None:
    table = _known(name, own)
    networks = own.networks(table.search_space(data.task))
    due = [(one, 0) for one in networks] + [(one, 1) for one in networks[:_REPEATED]]
    with stage(Display(), name, len(due)) as progress:
        for number, (one, repeat) in enumerate(due, 1):
            notation = one.architecture
            if notation not in table.rows or (repeat and notation not in table.repeats):
                test, curve = _accuracies(one, own, data, _SEEDS[repeat])
                if repeat:
                    table = replace(table, repeats={**table.repeats, notation: (test,)})
                else:
                    rows, curves = (
                        {**table.rows, notation: (test,)},
                        {**table.curves, notation: curve},
                    )
                    table = replace(table, rows=rows, curves=curves)
                truth.write(table, BEGUN)
            progress.advance(number)
    truth.write(table)
    truth.file_of(name, BEGUN).unlink(missing_ok=True)


def _known(name: str, own: OwnTable) -> truth.TruthTable:
    """The table as far as it is trained."""
    if name in truth.names():
        return truth.read(name)
    if truth.file_of(name, BEGUN).exists():
        return truth.read(name, BEGUN)
    return _empty(name, own)


def _empty(name: str, own: OwnTable) -> truth.TruthTable:
    return truth.TruthTable(
        name=name,
        family=name.partition("-")[0],
        space=own.space,
        dataset=own.dataset,
        measures=(f"{own.dataset}, test, {own.epochs} epochs",),
        rows={},
        source="trained by benchmarks/truth/own/train.py",
    )


def _accuracies(
    one: Candidate, own: OwnTable, data: Dataset, seed: int
) -> tuple[float, tuple[float, ...]]:
    """Accuracy on the test split, and on the ranking split after each epoch."""
    data = fitted(data, one.network)
    config = default_training(data.task, own.epochs)
    trained = train(one.network, data, config, own=one.module(seed), seed=seed)
    tested = evaluate(trained.module, data.test, data.task.traits)
    return tested.accuracy, tuple(epoch.val_accuracy for epoch in trained.history)


if __name__ == "__main__":
    main()
