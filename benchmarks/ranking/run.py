"""How well scores rank NAS-Bench-201: Kendall tau against test accuracy after 200 epochs.

Draws architectures of NAS-Bench-201, scores them on CIFAR-10 with the weights a hypernetwork
predicts, and compares each score with the published test accuracies; FLOPs and parameter counts
are the baselines of the same run. One sample for each seed; the last column is their spread.

    python benchmarks/ranking/run.py --weights nb201-cifar10 --data-dir data
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata

import search_spaces
from hypernets import checkpoint
from nas.analysis.cost import cost
from nas.data.catalog import load
from nas.evaluate.scorer import ScoreConfig, Scorer
from nas.seeding import rng
from nas.space.candidate import Candidate, candidate
from search_spaces.nb201 import EDGES, edge_name

if TYPE_CHECKING:
    from nas.space.search_space import SearchSpace

TABLE = Path(__file__).with_name("nb201_cifar10.json.gz")
GENERATION = 32

Scores = NDArray[np.float64]


def published(space: SearchSpace) -> dict[str, float]:
    """Test accuracy after 200 epochs in percent, by notation of the cell."""
    table = json.loads(gzip.decompress(TABLE.read_bytes()))
    column = table["columns"].index("c10_test200")
    edges = [edge_name(*edge) for edge in EDGES]
    return {
        space.encode(
            {edge: table["ops"][int(op)] for edge, op in zip(edges, row[0], strict=True)}
        ): row[column]
        for row in table["rows"]
    }


def scores(candidates: list[Candidate], scorer: Scorer) -> dict[str, Scores]:
    """Every score of every candidate, higher better."""
    estimates = []
    for first in range(0, len(candidates), GENERATION):
        estimates += scorer(candidates[first : first + GENERATION])
    costs = [cost(candidate.graph.simplified) for candidate in candidates]
    loss = np.array([estimate.loss if estimate else np.inf for estimate in estimates])
    macs = np.array([float(entry.macs) for entry in costs])
    return {
        "accuracy": np.array([estimate.accuracy if estimate else 0.0 for estimate in estimates]),
        "loss": -loss,
        "FLOPs": macs,
        "parameters": np.array([float(entry.params) for entry in costs]),
        "loss + FLOPs": rankdata(-loss) + rankdata(macs),
    }


def taus(score: Scores, truth: Scores) -> tuple[float, float]:
    """Kendall tau over all, and inside the tenth that is truly best."""
    best = truth >= np.quantile(truth, 0.9)
    return kendalltau(score, truth).statistic, kendalltau(score[best], truth[best]).statistic


def main() -> None:
    """Print one line for each score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="nb201-cifar10")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--images", type=int, default=1024)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    data = load("cifar10", data_dir=arguments.data_dir, seed=0)
    space = search_spaces.get("nb201", data.task)
    table = published(space)
    scorer = Scorer(
        checkpoint.load(arguments.weights), data, ScoreConfig(images=arguments.images, workers=2)
    )
    found: dict[str, list[tuple[float, float]]] = {}
    start = perf_counter()
    for seed in arguments.seeds:
        names = rng(seed, "benchmark").choice(sorted(table), arguments.sample, replace=False)
        candidates = [candidate(space, str(name)) for name in names]
        truth = np.array([table[entry.architecture] for entry in candidates])
        for name, score in scores(candidates, scorer).items():
            found.setdefault(name, []).append(taus(score, truth))
    count = arguments.sample * len(arguments.seeds)
    print(f"{len(arguments.seeds)} samples of {arguments.sample} cells, {arguments.weights}")
    print(f"{(perf_counter() - start) / count:.3f} s a candidate")
    print(f"{'score':14} {'tau':>7} {'top decile':>11} {'spread':>7}")
    for name, pairs in found.items():
        overall, top = np.array(pairs).T
        print(f"{name:14} {np.median(overall):7.3f} {np.median(top):11.3f} {np.ptp(overall):7.3f}")


if __name__ == "__main__":
    main()
