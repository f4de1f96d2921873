"""Searches of NAS-Bench-Graph that know nothing but what they have trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import optuna

from benchmarks.nb201_search.rivals import MODELS, SAMPLERS
from search_spaces.nodes.nasbench_graph import LINKS, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from nas.space.search_space import SearchSpace

    Floats = NDArray[np.float64]
    Train = Callable[[str], float]
    """The accuracy that a search sees of an architecture once it is trained."""

RIVALS = ("random", "regularised evolution", "Optuna TPE")
RIDGE = "ridge on operations"

_FIRST = 8
"""Random architectures before a model of the accuracy is fitted."""


def sampled(name: str, space: SearchSpace, train: Train, seed: int) -> None:
    """Let a sampler ask for architectures until ``train`` stops it."""
    study = optuna.create_study(direction="maximize", sampler=SAMPLERS[name](seed))
    while True:
        trial = study.ask()
        space.assemble(trial)
        study.tell(trial, train(space.encode(trial.params)))


def one_hot(architectures: Sequence[Mapping[str, str]]) -> Floats:
    """Links, the operation of each node, and how often each operation occurs: (N, 54)."""
    rows = []
    for given in architectures:
        operations = [value for name, value in given.items() if name != "links"]
        placed = [one == op for one in operations for op in OPERATIONS]
        counts = [operations.count(op) for op in OPERATIONS]
        rows.append([*(given["links"] == link for link in LINKS), *placed, *counts])
    return np.array(rows, float)


class Ridge:
    """Random architectures first, then always the one that ridge regression expects most of.

    Args:
        architectures: All of the space, as parameters.
        keys: Their notations.
    """

    def __init__(self, architectures: Sequence[Mapping[str, str]], keys: Sequence[str]) -> None:
        self._keys = keys
        self._features = one_hot(architectures)

    def __call__(self, train: Train, seed: int) -> None:
        """Train architectures until ``train`` stops it."""
        draws = np.random.default_rng(seed)
        first = draws.choice(len(self._keys), _FIRST, replace=False)
        known = {int(row): train(self._keys[row]) for row in first}
        while True:
            rows = np.array(list(known))
            quality = -np.log(1 - np.array(list(known.values())))
            expected = MODELS[RIDGE](self._features[rows], quality, self._features)
            expected[rows] = -np.inf
            row = int(expected.argmax())
            known[row] = train(self._keys[row])
