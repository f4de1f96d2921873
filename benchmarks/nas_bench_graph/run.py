"""How well architectures of NAS-Bench-Graph are ranked on Cora, without and with a few trainings.

    python -m benchmarks.nas_bench_graph.run --weights runs/nas_bench_graph --data-dir data

Random architectures are scored (the file ``--out`` grows and is gone on with), and compared with
the test accuracies of the published table.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

import search_spaces
from benchmarks.nas_bench_graph.recipe import RECIPES, SCORE, mean_rank, oriented
from benchmarks.nas_bench_graph.rivals import RIDGE, one_hot
from benchmarks.nas_bench_graph.scored import Scored, scored
from benchmarks.nas_bench_graph.table import draw, published
from benchmarks.nb201_search.rivals import MODELS
from cli.progress import Display
from hypernets.cards import directory_of
from hypernets.checkpoint import load
from nas.analysis.agreement import kendall, top_kendall
from nas.data import catalog
from nas.study.selection.regressor import LEARNED_FROM, AccuracyRegressor
from nas.task.nodes import NODE_CLASSIFICATION
from nas.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FIGURES = (
    "accuracy",
    "brier",
    "score",
    "naswot",
    "untrained_readout",
    "longest_path",
    "mean_path",
    "params",
    "macs",
)
SPACE = search_spaces.get(
    "nasbench-graph", Task(kind=NODE_CLASSIFICATION, features=1433, classes=7)
)
_DRAWS = 10


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables; progress goes to stderr."""
    options = options_of(__doc__, arguments)
    pool = pool_of(options)
    parts = np.array_split(np.arange(len(pool.keys)), max(1, len(pool.keys) // options.sample))
    samples = [Ranked(pool.at(rows)) for rows in parts]
    print("| ranked by | τ | τ in the top decile |\n| --- | --- | --- |")
    for name in samples[0].rankings:
        _print(name, [sample.agreement(name) for sample in samples])
    print("\n| trained | chosen | ranked by | τ of the others | τ in the top decile |")
    print("| --- | --- | --- | --- | --- |")
    for count in options.trained:
        for chosen in (at_random, spread):
            for name in LEARNERS:
                found = [
                    sample.unseen(name, chosen(sample.score, count, turn))
                    for sample in samples
                    for turn in range(_DRAWS)
                ]
                _print(f"{count} | {chosen.__name__.replace('_', ' ')} | {name}", found)
    print(f"\nmean ± standard deviation over {len(samples)} samples of {len(parts[0])}")


def options_of(text: str | None, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Common options of the programs of this folder."""
    parser = argparse.ArgumentParser(description=(text or "").splitlines()[0])
    add = parser.add_argument
    add("--weights", default="runs/nas_bench_graph", help="hypernetwork")
    add("--data-dir", type=Path, help="where the files of Cora lie")
    add("--architectures", type=int, default=1000, help="how many are scored")
    add("--sample", type=int, default=500, help="architectures ranked together")
    add("--trained", type=int, nargs="+", default=[20])
    add("--trainings", type=int, nargs="+", default=[10, 20, 50], help="of a search")
    add("--seeds", type=int, default=20, help="of a search")
    add("--out", type=Path, default=Path("runs/nas_bench_graph.jsonl"), help="scores")
    return parser.parse_args(arguments)


def pool_of(options: argparse.Namespace) -> Scored:
    """The scored architectures."""
    torch.set_num_threads(1)
    data = catalog.load("cora", data_dir=options.data_dir)
    keys = draw(options.architectures, seed=0)
    predictor = load(directory_of(options.weights))
    return scored(keys, SPACE, data, predictor, options.out, Display())


def at_random(score: Floats, count: int, turn: int) -> NDArray[np.int_]:
    """Rows drawn uniformly."""
    return np.random.default_rng(turn).choice(len(score), count, replace=False)


def spread(score: Floats, count: int, turn: int) -> NDArray[np.int_]:
    """One row from each of equally many ranks of the score."""
    draws = np.random.default_rng(turn)
    return np.array([draws.choice(part) for part in np.array_split(np.argsort(-score), count)])


class Ranked:
    """A sample of architectures, and everything that may rank them.

    Attributes:
        rankings: By name, (N,), higher better, before any training.
        score: The one of them that is the engine's.
    """

    def __init__(self, sample: Scored) -> None:
        table = published()
        figures = sample.figures
        self.val = np.array([table[key].val for key in sample.keys])
        self.test = np.array([table[key].test for key in sample.keys])
        self.rankings = {name: oriented(name, figures[name]) for name in FIGURES}
        self.rankings |= {name: mean_rank(figures, recipe) for name, recipe in RECIPES.items()}
        self.rankings["validation accuracy of the table"] = self.val
        self.score = self.rankings[SCORE]
        self.features = one_hot([SPACE.decode(key) for key in sample.keys])
        known = [oriented(name, figures[name]) for name in LEARNED_FROM if name in figures]
        choices = [SPACE.decode(key) for key in sample.keys]
        self.regressor = AccuracyRegressor(self.score, known, choices)

    def agreement(self, name: str) -> tuple[float, float]:
        """Kendall tau with test accuracy, over all and in the top decile."""
        ranking = self.rankings[name]
        return kendall(ranking, self.test) or 0.0, top_kendall(ranking, self.test) or 0.0

    def unseen(self, name: str, rows: NDArray[np.int_]) -> tuple[float, float]:
        """The same among those that were not trained."""
        ranking = LEARNERS[name](self, rows)
        rest = np.setdiff1d(np.arange(len(self.score)), rows)
        pair = ranking[rest], self.test[rest]
        return kendall(*pair) or 0.0, top_kendall(*pair) or 0.0


def _score(sample: Ranked, rows: NDArray[np.int_]) -> Floats:
    return sample.score


def _regressor(sample: Ranked, rows: NDArray[np.int_]) -> Floats:
    return sample.regressor.fit(rows.tolist(), sample.val[rows]).mean


def _regressor_of_tests(sample: Ranked, rows: NDArray[np.int_]) -> Floats:
    return sample.regressor.fit(rows.tolist(), sample.test[rows]).mean


def _ridge(sample: Ranked, rows: NDArray[np.int_]) -> Floats:
    quality = -np.log(1 - sample.test[rows])
    return MODELS[RIDGE](sample.features[rows], quality, sample.features)


LEARNERS: dict[str, Callable[[Ranked, NDArray[np.int_]], Floats]] = {
    "score": _score,
    "regressor, trained on validation accuracy": _regressor,
    "regressor, trained on test accuracy": _regressor_of_tests,
    "ridge on operations, trained on test accuracy": _ridge,
}


def _print(name: str, found: Sequence[tuple[float, float]]) -> None:
    table = np.array(found)
    entries = [f"{m:.3f} ± {d:.3f}" for m, d in zip(table.mean(0), table.std(0), strict=True)]
    print(f"| {name} | {' | '.join(entries)} |")


if __name__ == "__main__":
    main()
