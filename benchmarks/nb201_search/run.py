"""How good a cell of NAS-Bench-201 is found with few trainings, which are looked up.

    python -m benchmarks.nb201_search.run --data-dir data

Every search may train ``k`` different cells for 200 epochs on CIFAR-10 and sees their validation
accuracies; it is judged by the test accuracy of the cell with the best of these. All cells are
scored once with predicted weights (``--out``); of these scores the engine sees those of the
candidates its own exploration asks for.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import torch

import search_spaces
from benchmarks.nb201_search.engine import Engine
from benchmarks.nb201_search.rivals import MODELS, SAMPLERS, Modelled, sampled
from benchmarks.nb201_search.scored import ScoredSpace, identity_of, published
from cli.progress import Display
from hypernets.cards import directory_of
from hypernets.checkpoint import load
from nas.analysis.cost import cost
from nas.data import catalog
from nas.evaluate.scorer import ScoreConfig, Scorer
from nas.study.record.storage import quiet_optuna

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.nb201_search.rivals import Train
    from benchmarks.nb201_search.scored import Trained
    from hypernets.card import HypernetCard
    from nas.data.dataset import Dataset
    from nas.space.search_space import SearchSpace

_EPOCHS, _IMAGES, _CELLS = 200, 25_000, 5
"""Of a training with a published validation accuracy: epochs, images, cells in each stage."""

_PASSES_OF_A_STEP = 3


class Enough(Exception):
    """All trainings are used up."""


class Lookup:
    """Trainings that are looked up, isomorphic cells being one.

    Args:
        truth: What training brought.
        identity: The canonical hash of each cell.
        most: How many cells can be trained.
    """

    def __init__(
        self, truth: Mapping[str, Trained], identity: Mapping[str, str], most: int
    ) -> None:
        self._truth = truth
        self._identity = identity
        self._most = most
        self._known: dict[str, Trained] = {}

    def __call__(self, cell: str) -> float:
        """Validation accuracy of a cell.

        Raises:
            Enough: It is new, and all trainings are used up.
        """
        key = self._identity[cell]
        if key not in self._known:
            if len(self._known) == self._most:
                raise Enough
            self._known[key] = self._truth[cell]
        return self._known[key].val

    def picked(self, trainings: int) -> float:
        """Test accuracy of the best on the validation split among the first trainings."""
        found = list(self._known.values())[:trainings]
        return max(found, key=lambda trained: trained.val).test


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; progress goes to stderr."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("--weights", default="nb201-cifar10", help="hypernetwork")
    add("--data-dir", type=Path, help="where the files of CIFAR-10 lie")
    add("--trials", type=int, default=1000, help="candidates the engine scores")
    add("--trainings", type=int, nargs="+", default=[10, 20, 50, 100])
    add("--seeds", type=int, default=20)
    add("--workers", type=int, default=1, help="threads that score networks side by side")
    add("--out", type=Path, default=Path("runs/nb201_search.json"), help="scores of all cells")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    data = catalog.load("cifar10", data_dir=options.data_dir)
    space = search_spaces.get("nb201", data.task, cells=1)
    predictor = load(directory_of(options.weights))
    truth = published()
    config = ScoreConfig(workers=options.workers)
    scorer = Scorer(predictor, data, config)
    identity = identity_of(predictor.card, config)
    scored = ScoredSpace(space, truth, scorer, identity, options.out, Display())
    cells = [space.decode(text) for text in truth]
    searches: dict[str, Callable[[Train, int], None]] = {
        **{name: partial(sampled, name, space.encode) for name in SAMPLERS},
        **{name: Modelled(fit, cells, list(truth)) for name, fit in MODELS.items()},
        "engine": Engine(space, scored, data, options.trials, max(options.trainings)),
    }
    print(f"| search | {' | '.join(f'{k} trainings' for k in options.trainings)} |")
    print(f"| --- |{' --- |' * len(options.trainings)}")
    for name, search in searches.items():
        table = np.array(
            [
                _judged(
                    search,
                    Lookup(truth, scored.identity, max(options.trainings)),
                    seed,
                    options.trainings,
                )
                for seed in range(options.seeds)
            ]
        )
        entries = [f"{100 * column.mean():.2f} ± {100 * column.std():.2f}" for column in table.T]
        print(f"| {name} | {' | '.join(entries)} |", flush=True)
    print(f"\nmean ± standard deviation of test accuracy over {options.seeds} seeds, %")
    worth = trainings_worth(predictor.card, space, data, cells[:: len(cells) // 200], config)
    print(
        f"the hypernetwork: {worth[0]:.4f} trainings; {options.trials} scores: "
        f"{options.trials * worth[1]:.4f}"
    )


def _judged(
    search: Callable[[Train, int], None], lookup: Lookup, seed: int, trainings: Sequence[int]
) -> list[float]:
    print(f"seed {seed}", end="\r", file=sys.stderr)
    with quiet_optuna(), suppress(Enough):
        search(lookup, seed)
    return [lookup.picked(count) for count in trainings]


def trainings_worth(
    card: HypernetCard,
    space: SearchSpace,
    data: Dataset,
    cells: Sequence[Mapping[str, str]],
    config: ScoreConfig,
) -> tuple[float, float]:
    """What training the hypernetwork and one score cost, in published trainings of a mean cell.

    Counted in multiply-accumulates of the networks: three passes a step of training, one for a
    score; the hypernetwork itself is left out.
    """
    proxy = space.at(**card.proxy)
    small = fmean(cost(proxy.graph(cell).simplified).macs for cell in cells)
    space = space.at(cells=_CELLS)
    full = fmean(cost(space.graph(cell).simplified).macs for cell in cells)
    training = _EPOCHS * _IMAGES * _PASSES_OF_A_STEP * full
    settings = card.training
    images = settings["steps"] * settings["meta_batch"] * settings["batch_size"]
    scoring = config.images + config.calibration
    return images * _PASSES_OF_A_STEP * small / training, scoring * small / training


if __name__ == "__main__":
    main()
