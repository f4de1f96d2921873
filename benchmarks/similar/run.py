"""Are architectures that lie near each other of similar accuracy, and by which distance?"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.spatial.distance import cdist
from scipy.stats import rankdata, spearmanr

from benchmarks.truth.table import names, read
from hypernets.checkpoint import load
from nas.drawing.label import operation
from nas.evaluate.similarity import coordinates
from nas.seeding import rng
from nas.task.task import Task
from search_spaces.usual_task import usual_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.truth.table import Known, TruthTable
    from nas.graph.graph import Graph
    from nas.predictor.weight_predictor import WeightPredictor

    Floats = NDArray[np.float64]

IMAGES, *_, NODES = usual_tasks()
TASKS = {
    "resnet-digits": Task(classes=10, channels=1, resolution=24),
    "nas-bench-graph": NODES,
}
"""Tasks of tables that are not about colour images of 32 pixels."""
GENERAL = {"resnet-digits": "deepnets-digits", "nas-bench-graph": "gnn-cora"}
"""Hypernetworks that were trained in another space than that of a table; else deepnets-cifar10."""
OWN = {
    "nb201": "nb201-cifar10",
    "transnas": "nb201-cifar10",
    "resnet-digits": "resnet-cluttered-digits",
}
"""Those that were trained in the space of a table."""
NEIGHBOURS = 5


def main() -> None:
    """Print one row for each table and distance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="+", default=names())
    parser.add_argument("--architectures", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    print(f"{'table':16}{'distance':28}nearest          five nearest  choices")
    for name in given.tables:
        table = read(name)
        runs = [_measured(table, given.architectures, seed) for seed in range(given.seeds)]
        for distance in runs[0]:
            rows = [run[distance] for run in runs]
            (one, few, choices), (spread, _, _) = np.mean(rows, axis=0), np.std(rows, axis=0)
            row = f"{one:.3f} ± {spread:.3f}  {few:.3f}         {choices:.3f}"
            print(f"{name:16}{distance:28}{row}", flush=True)


def _measured(table: TruthTable, count: int, seed: int) -> dict[str, tuple[float, float, float]]:
    """For each distance: differences in accuracy of neighbours, and agreement with choices."""
    space = table.search_space(TASKS.get(table.name, IMAGES))
    drawn = table.draw(space, count, seed)
    measures = zip(*(known.accuracies for known in drawn), strict=True)
    ranks = np.array([rankdata(measure) for measure in measures])  # (measures, N)
    choices = _choices(drawn)
    return {
        name: (*_nearness(distances, ranks, seed), _agreement(distances, choices))
        for name, distances in _distances(table, drawn).items()
    } | {"choices that differ": (*_nearness(choices, ranks, seed), 1.0)}


def _distances(table: TruthTable, drawn: Sequence[Known]) -> dict[str, Floats]:
    """Distances of all pairs by name: (N, N)."""
    graphs = [known.candidate.network for known in drawn]
    costs = _euclidean(*coordinates(graphs, None, "costs"))
    found = {"costs": costs}
    hypernets = {"general": GENERAL.get(table.name, "deepnets-cifar10")}
    if table.name in OWN:
        hypernets["own"] = OWN[table.name]
    for kind, name in hypernets.items():
        hypernet = load(name)
        found[f"embedding ({kind})"] = _euclidean(*coordinates(graphs, hypernet, "embedding"))
        found[f"embedding ({kind}), cosine"] = _cosine(hypernet, graphs)
        found[f"both ({kind})"] = (found[f"embedding ({kind})"] + costs) / 2
    for depth, what in enumerate(("operations", "operations and inputs")):
        counts = _table([_words(graph, depth) for graph in graphs])
        found[what] = cdist(counts, counts, "cityblock")
    found["operations and costs"] = found["operations"] / found["operations"].mean() + costs
    return found


def _euclidean(vectors: Floats) -> Floats:
    distances: Floats = cdist(vectors, vectors)
    return distances


def _cosine(hypernet: WeightPredictor, graphs: Sequence[Graph]) -> Floats:
    with torch.no_grad():
        vectors = np.concatenate([hypernet.embed([graph]).double().numpy() for graph in graphs])
    distances: Floats = cdist(vectors, vectors, "cosine")
    return distances


def _words(graph: Graph, depth: int) -> Counter[str]:
    """Number of each operation, and of each with those it reads (Weisfeiler-Lehman)."""
    names = {spec.name: "input" for spec in graph.inputs}
    own = names | {node.name: operation(graph, node) for node in graph.nodes}
    labels, counts = own, Counter(own[node.name] for node in graph.nodes)
    for _ in range(depth):
        labels = names | {
            node.name: f"{own[node.name]}({','.join(sorted(labels[i] for i in node.inputs))})"
            for node in graph.nodes
        }
        counts.update(labels[node.name] for node in graph.nodes)
    return counts


def _table(counts: Sequence[Counter[str]]) -> Floats:
    words = sorted(set().union(*counts))
    return np.array([[count[word] for word in words] for count in counts], dtype=np.float64)


def _choices(drawn: Sequence[Known]) -> Floats:
    """Number of choices that differ: (N, N)."""
    params = [known.candidate.params for known in drawn]
    keys = sorted({name for one in params for name in one})
    columns = [
        np.unique([repr(one.get(key)) for one in params], return_inverse=True)[1] for key in keys
    ]
    codes = np.array(columns).T
    differing: Floats = cdist(codes, codes, "hamming") * len(keys)
    return differing


def _nearness(distances: Floats, ranks: Floats, seed: int) -> tuple[float, float]:
    """Mean difference in rank to the nearest, and to the five nearest, relative to all pairs."""
    count = len(distances)
    ties = rng(seed, "ties").random(distances.shape)
    apart = np.round(distances, 9) + np.diag(np.full(count, np.inf))
    order = np.lexsort((ties, apart))[:, :NEIGHBOURS]
    differences = np.abs(ranks[:, :, None] - ranks[:, None, :])  # (measures, N, N)
    usual = differences.sum((1, 2)) / (count * (count - 1))
    near = differences[:, np.arange(count)[:, None], order]  # (measures, N, NEIGHBOURS)
    return (
        float((near[:, :, 0].mean(1) / usual).mean()),
        float((near.mean((1, 2)) / usual).mean()),
    )


def _agreement(distances: Floats, choices: Floats) -> float:
    """Spearman correlation over all pairs."""
    pairs = np.triu_indices(len(distances), 1)
    return float(spearmanr(distances[pairs], choices[pairs]).statistic)


if __name__ == "__main__":
    main()
