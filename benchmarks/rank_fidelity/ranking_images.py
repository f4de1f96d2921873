"""How much do figures of predicted weights depend on the ranking images?

    python -m benchmarks.rank_fidelity.ranking_images --data-dir data   # measures what is missing

Some networks of each table are scored on three disjoint sets of as many ranking images as a search
takes; a search reads one of them.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import nas
from benchmarks.rank_fidelity import store
from benchmarks.rank_fidelity.measure import GENERAL, OWN
from benchmarks.rank_fidelity.zero_labels import tau
from benchmarks.truth import table as truth
from cli.progress import Display
from hypernets.checkpoint import load
from nas.evaluate.estimate import Estimate, ScoreConfig
from nas.evaluate.scorer import Scorer
from nas.events import stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nas.data.dataset import Dataset
    from nas.predictor.weight_predictor import WeightPredictor

_FILE = Path(__file__).parent / f"ranking_images{store.SUFFIX}"

TABLES = ("nb101", "nb201", "resnet-digits")
_SETS = 3
_NETWORKS = 50
_FIGURES = {"brier": -1, "readout": -1, "score": 1}
"""Figures, and the sign that makes a higher value promise more."""


def measure(table: truth.TruthTable, data: Dataset) -> dict[str, Any]:
    """Figures (sets, networks) on each set of images, and the accuracies (networks, measures)."""
    name = GENERAL.get(table.dataset) or OWN[table.family]
    predictor = load(name)
    known = table.draw(table.search_space(data.task), _NETWORKS, seed=2)
    values: dict[str, list[list[float]]] = {figure: [] for figure in _FIGURES}
    with stage(Display(), table.name, _SETS * len(known)) as progress:
        for first in range(_SETS):
            found = []
            for one in _scorer(predictor, data, first).one_by_one(
                [one.candidate for one in known]
            ):
                assert isinstance(one, Estimate)
                found.append(one)
                progress.advance(first * len(known) + len(found))
            for figure, sign in _FIGURES.items():
                values[figure].append([sign * getattr(one, figure) for one in found])
    return {
        "predictor": name,
        "accuracies": [one.accuracies for one in known],
        "figures": values,
    }


def _scorer(predictor: WeightPredictor, data: Dataset, first: int) -> Scorer:
    images = data.val.subset(torch.arange(first, len(data.val), _SETS))
    return Scorer(predictor, replace(data, val=images), ScoreConfig())


def lines(document: dict[str, Any]) -> Iterator[str]:
    """The rows of the table."""
    yield "| table | hypernetwork | figure | τ on each set | standard deviation | τ between sets |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, table in document.items():
        truths = np.array(table["accuracies"]).T
        for figure, values in table["figures"].items():
            sets = np.array(values)
            taus = [fmean(tau(one, of) for of in truths) for one in sets]
            between = fmean(tau(sets[i], sets[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
            each = ", ".join(f"{one:.2f}" for one in taus)
            yield (
                f"| {name} | `{table['predictor']}` | {figure} | {each} | {stdev(taus):.2f} "
                f"| {between:.2f} |"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    document = store.read(_FILE) if _FILE.exists() else {}
    for name in TABLES:
        if name not in document:
            table = truth.read(name)
            data = nas.load_dataset(table.dataset, data_dir=options.data_dir)
            document[name] = measure(table, data)
            store.write(_FILE, document)
    print("\n".join(lines(document)))


if __name__ == "__main__":
    main()
