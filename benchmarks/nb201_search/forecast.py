"""How well cells of NAS-Bench-201 are ranked once a few of them are trained.

    python -m benchmarks.nb201_search.forecast --data-dir data

Of 1,000 random cells some are trained (looked up: validation accuracy after 200 epochs), drawn at
random or spread evenly over the engine's score; the others are ranked by what is learned from
them, and compared with their test accuracies. Beside the engine's regressor: its score alone, and
two models of the operations that know no hypernetwork.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

import search_spaces
from benchmarks.nb201_search.rivals import MODELS, one_hot
from benchmarks.nb201_search.scored import ScoredSpace, identity_of, published
from benchmarks.ranking.sample import draw
from cli.progress import Display
from hypernets.cards import directory_of
from hypernets.checkpoint import load
from nas.analysis.agreement import kendall, top_kendall
from nas.analysis.figure import graph_figures, oriented
from nas.data import catalog
from nas.evaluate.scorer import Estimate, ScoreConfig, Scorer
from nas.study.selection.regressor import LEARNED_FROM, AccuracyRegressor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from benchmarks.nb201_search.scored import Trained
    from benchmarks.ranking.sample import Sample

    Floats = NDArray[np.float64]

CELLS = 1000
_DRAWS = 10


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; progress goes to stderr."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--weights", default="nb201-cifar10", help="hypernetwork")
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    add("--trained", type=int, nargs="+", default=[10, 20, 50, 100])
    add("--seeds", type=int, nargs="+", default=[1, 2, 3], help="samples")
    add("--out", type=Path, default=Path("runs/nb201_search.json"), help="scores of all cells")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    data = catalog.load("cifar10", data_dir=options.data_dir)
    space = search_spaces.get("nb201", data.task, cells=1)
    truth = published()
    predictor = load(directory_of(options.weights))
    scorer, identity = Scorer(predictor, data), identity_of(predictor.card, ScoreConfig())
    scored = ScoredSpace(space, truth, scorer, identity, options.out, Display())
    tests = {text: trained.test for text, trained in truth.items()}
    samples = [Ranked(draw(space, tests, CELLS, seed), scored, truth) for seed in options.seeds]
    print("| trained | chosen | ranked by | τ | τ in the top decile |")
    print("| --- | --- | --- | --- | --- |")
    for count in options.trained:
        for chosen in (at_random, spread):
            for name in ("score", "regressor", *MODELS):
                found = np.array(
                    [
                        sample.unseen(name, chosen(sample.score, count, turn))
                        for sample in samples
                        for turn in range(_DRAWS)
                    ]
                )
                middle, deviation = found.mean(0), found.std(0)
                taus = " | ".join(
                    f"{m:.3f} ± {d:.3f}" for m, d in zip(middle, deviation, strict=True)
                )
                print(f"| {count} | {chosen.__name__.replace('_', ' ')} | {name} | {taus} |")
    print(f"\nmean ± standard deviation over {len(samples)} samples of {CELLS} cells x {_DRAWS}")


def at_random(score: Floats, count: int, turn: int) -> NDArray[np.int_]:
    """Rows drawn uniformly."""
    return np.random.default_rng(turn).choice(len(score), count, replace=False)


def spread(score: Floats, count: int, turn: int) -> NDArray[np.int_]:
    """One row from each of equally many ranks of the score."""
    draws = np.random.default_rng(turn)
    return np.array([draws.choice(part) for part in np.array_split(np.argsort(-score), count)])


class Ranked:
    """A sample of cells, and everything that may rank them."""

    def __init__(self, sample: Sample, scored: ScoredSpace, truth: dict[str, Trained]) -> None:
        kept = [
            (cell, true, graph_figures(cell.network) | asdict(estimate))
            for cell, true, estimate in zip(
                sample.candidates, sample.truth, scored.one_by_one(sample.candidates), strict=True
            )
            if isinstance(estimate, Estimate)
        ]
        cells, known = [cell for cell, _, _ in kept], [row for _, _, row in kept]

        def column(name: str) -> Floats:
            return oriented(name, [row[name] for row in known])

        self.score = column("score")
        self._features = one_hot([cell.params for cell in cells])
        figures = [column(name) for name in LEARNED_FROM]
        choices = [cell.params for cell in cells]
        self._regressor = AccuracyRegressor(self.score, figures, choices)
        self._val = np.array([truth[cell.architecture].val for cell in cells])
        self._test = np.array([true for _, true, _ in kept])

    def unseen(self, name: str, rows: NDArray[np.int_]) -> tuple[float, float]:
        """Kendall tau, over all cells and in the top decile, of those that were not trained."""
        forecast: dict[str, Callable[[], Floats]] = {
            "score": lambda: self.score,
            "regressor": lambda: self._regressor.fit(rows.tolist(), self._val[rows]).mean,
        }
        if name in MODELS:
            quality = -np.log(1 - self._val[rows])
            ranking = MODELS[name](self._features[rows], quality, self._features)
        else:
            ranking = forecast[name]()
        rest = np.setdiff1d(np.arange(len(self.score)), rows)
        pair = ranking[rest], self._test[rest]
        return kendall(*pair) or 0.0, top_kendall(*pair) or 0.0


if __name__ == "__main__":
    main()
