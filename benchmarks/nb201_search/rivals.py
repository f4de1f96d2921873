"""Searches of NAS-Bench-201 that know nothing but the cells they have trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.samplers import NSGAIISampler, RandomSampler, TPESampler

from nas.study.samplers.evolution import RegularisedEvolutionSampler
from search_spaces.cells.nb201 import EDGES, OPERATIONS, edge_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from optuna.samplers import BaseSampler

    Floats = NDArray[np.float64]
    Train = Callable[[str], float]
    """Validation accuracy of a cell; training an isomorphic one again costs nothing."""

_FIRST = 8
"""Random cells before a model of the accuracy is fitted."""

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "random": lambda seed: RandomSampler(seed=seed),
    "regularised evolution": lambda seed: RegularisedEvolutionSampler(
        population_size=10, tournament_size=3, seed=seed
    ),
    "Optuna TPE": lambda seed: TPESampler(seed=seed, multivariate=True),
    "Optuna NSGA-II": lambda seed: NSGAIISampler(seed=seed, population_size=10),
}


def sampled(
    name: str, encode: Callable[[Mapping[str, str]], str], train: Train, seed: int
) -> None:
    """Let a sampler ask for cells until ``train`` stops it."""
    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[name](seed))
    while True:
        trial = study.ask()
        params = {
            edge_name(*edge): trial.suggest_categorical(edge_name(*edge), OPERATIONS)
            for edge in EDGES
        }
        study.tell(trial, train(encode(params)))


def one_hot(cells: Sequence[Mapping[str, str]]) -> Floats:
    """Which operation is on which edge, (N, 30)."""
    names = [edge_name(*edge) for edge in EDGES]
    return np.array(
        [[cell[name] == op for name in names for op in OPERATIONS] for cell in cells], float
    )


class Modelled:
    """Random cells first, then always the one a regressor expects most of.

    Args:
        fit: Gives an expectation for all rows of features from those of some.
        cells: All cells of the space, by the names of their edges.
        texts: Their notations.
    """

    def __init__(
        self,
        fit: Callable[[Floats, Floats, Floats], Floats],
        cells: Sequence[Mapping[str, str]],
        texts: Sequence[str],
    ) -> None:
        self._fit = fit
        self._texts = texts
        self._features = one_hot(cells)

    def __call__(self, train: Train, seed: int) -> None:
        """Train cells until ``train`` stops it."""
        draws = np.random.default_rng(seed)
        first = draws.choice(len(self._texts), _FIRST, replace=False)
        known = {int(row): train(self._texts[row]) for row in first}
        while True:
            rows = np.array(list(known))
            error = 1 - np.array(list(known.values()))
            expected = self._fit(self._features[rows], -np.log(error), self._features)
            expected[rows] = -np.inf
            row = int(expected.argmax())
            known[row] = train(self._texts[row])


def _ridge(known: Floats, quality: Floats, everything: Floats) -> Floats:
    from sklearn.linear_model import RidgeCV

    model = RidgeCV(alphas=np.logspace(-2, 2, 9)).fit(known, quality)
    return np.asarray(model.predict(everything))


def _process(known: Floats, quality: Floats, everything: Floats) -> Floats:
    """A Gaussian process over the Hamming distance, by its upper confidence bound."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF

    model = GaussianProcessRegressor(RBF(2.0, "fixed"), alpha=0.1, optimizer=None)
    model.fit(known, (quality - quality.mean()) / (quality.std() or 1.0))
    mean, std = model.predict(everything, return_std=True)
    return np.asarray(mean + 0.5 * std)


MODELS: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "ridge on operations": _ridge,
    "GP on operations": _process,
}
