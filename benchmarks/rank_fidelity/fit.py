"""The prior of the regressor, fitted to tables of trained architectures.

    python -m benchmarks.rank_fidelity.fit --without resnet

prints :data:`nas.study.selection.regressor.PRIOR`. The networks of the default search do not teach
it, so that they can judge it.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from scipy.special import logsumexp

from benchmarks.rank_fidelity.pool import pools
from nas.seeding import rng
from nas.study.selection.kernels import kernels, normal_scores
from nas.study.selection.regressor import SLOPES, Prior

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool

RESULTS = Path(__file__).parent / "results"

_SIZES = (12, 25, 50)
"""Numbers of trained architectures in a subset."""

_SUBSETS = 24
"""Subsets of each family, so that families with many tables do not count for more."""

_USUAL, _RANGE, _PULL = 0.15, (1e-3, 3.0), 0.01
"""A weight before fitting; the least and largest one; how strongly it is held there."""


def fitted(known: Sequence[Pool], seed: int = 0) -> Prior:
    """The prior of the greatest marginal likelihood of subsets of all pools."""
    names = [field.name for field in fields(Prior)]
    subsets = [
        one for family in sorted({p.family for p in known}) for one in _of(family, known, seed)
    ]

    def loss(logarithms: Floats) -> float:
        total = sum(_surprise(subset, np.exp(logarithms)) for subset in subsets)
        return total / len(subsets) + _PULL * float(((logarithms - np.log(_USUAL)) ** 2).sum())

    low, high = np.log(_RANGE)
    found = minimize(
        loss,
        np.full(len(names), np.log(_USUAL)),
        method="L-BFGS-B",
        bounds=[(low, high)] * len(names),
    )
    return Prior(**dict(zip(names, np.exp(found.x).round(3).tolist(), strict=True)))


@dataclass(frozen=True)
class _Subset:
    """Trained architectures: the kernel of each group, normal scores by score and training."""

    parts: Sequence[Floats]
    score: Floats
    places: Floats


def _of(family: str, known: Sequence[Pool], seed: int) -> list[_Subset]:
    """Subsets of the tables of a family."""
    entries = [(p, truth) for p in known if p.family == family for truth in p.truths.values()]
    draws = rng(seed, "subsets", family)
    found = []
    for number in range(_SUBSETS):
        pool, truth = entries[draws.integers(len(entries))]
        rows = draws.choice(len(pool), _SIZES[number % len(_SIZES)], replace=False)
        parts = [kernel[np.ix_(rows, rows)] for kernel in groups(pool).values()]
        score = normal_scores(pool.figures["general:score"])[rows]
        found.append(_Subset(parts, score - score.mean(), normal_scores(truth[rows])))
    return found


@cache
def groups(pool: Pool) -> dict[str, Floats]:
    """The kernel of each group of features of a pool, (N, N)."""
    return kernels([pool.figures["general:score"], *pool.learned_from("general")], pool.choices)


def _surprise(subset: _Subset, prior: Floats) -> float:
    """Negative logarithm of the marginal likelihood, slopes averaged, without its constant."""
    *weights, noise = prior
    covariance = np.tensordot(weights, subset.parts, 1) + noise * np.eye(len(subset.places))
    factor = cho_factor(covariance, lower=True)
    deviations = subset.places - np.outer(SLOPES, subset.score)
    explained = (deviations * cho_solve(factor, deviations.T).T).sum(1) / 2
    return float(np.log(np.diag(factor[0])).sum() - logsumexp(-explained))


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit to the families, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--without", metavar="FAMILY", help="a family that is left out")
    family = parser.parse_args(arguments).without
    known = [pool for pool in pools(RESULTS) if pool.family != family]
    for name, weight in asdict(fitted(known)).items():
        print(f"{name}={weight}")


if __name__ == "__main__":
    main()
