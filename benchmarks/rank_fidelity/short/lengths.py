"""Labels of several lengths: accuracies after short trainings, measured or drawn.

Two spaces have them. NAS-Bench-201 was trained for 12 epochs and, anew, for 200. Of 69 networks of
the space ``resnet`` the accuracy is known after each of ten epochs of one training. A search
trains for each length anew, down to a learning rate of zero, which ranks no worse: in
``benchmarks/demo`` with tau 0.26 after one epoch and 0.59 after three, here with 0.22 and 0.52.

Labels of other tables are drawn: the accuracy after full training, as normal score, plus noise of
the variance measured in one of the two spaces. Part of it is systematic, a function of the
architecture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rank_fidelity import store
from benchmarks.rank_fidelity.fit import RESULTS
from benchmarks.rank_fidelity.zero_labels import tau
from benchmarks.ranking.table import published
from benchmarks.truth import table as truth
from nas.seeding import rng
from nas.study.selection.kernels import kernels, normal_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rank_fidelity.pool import Floats, Pool

SHARES = (0.1, 0.3, 1.0)
"""Lengths of the trainings as shares of the full one: those of the rungs of a search, 3, 9 and 30
epochs."""

NOISE = {"nb201": (0.51, 0.25, 0.05), "resnet": (5.1, 0.92, 0.10)}
"""Variance of the labels by length: see :func:`qualities`. The 12 of 200 epochs of NAS-Bench-201
count as a tenth; its three tenths are interpolated."""

_SYSTEMATIC = 0.6
"""Part of the noise that the choices explain; of the 12 epochs of NAS-Bench-201 it is 0.67 with a
kernel ridge, and 0.38 with a linear one."""

_NETWORKS = "resnet-digits"
_RESAMPLES = 200


@dataclass(frozen=True)
class Quality:
    """How good labels of one length are.

    Attributes:
        table: The table.
        epochs: Length of the training.
        of: Length of the full training.
        tau: Kendall's tau with the test accuracy after full training.
        error: Its bootstrap error over architectures.
        better: The same tau among the better half of the architectures.
        noise: Variance of the label about the truth, both as normal scores, in units of the part
            that they share: ``1 / r**2 - 1``.
    """

    table: str
    epochs: int
    of: int
    tau: float
    error: float
    better: float
    noise: float


def qualities() -> list[Quality]:
    """The labels of both spaces."""
    final = published("c10_test200")
    columns = {12: published("c10_val12"), 200: published("c10_val200")}
    cells = rng(0, "label quality").choice(sorted(final), 1500, replace=False)
    found = [
        _quality("nb201", epochs, 200, [column[one] for one in cells], [final[o] for o in cells])
        for epochs, column in columns.items()
    ]
    own = truth.read(_NETWORKS)
    tested = [own.rows[one][0] for one in own.curves]
    return found + [
        _quality(
            own.name, epochs, 10, [curve[epochs - 1] for curve in own.curves.values()], tested
        )
        for epochs in (1, 2, 3, 5, 10)
    ]


def _quality(
    name: str, epochs: int, of: int, label: Sequence[float], final: Sequence[float]
) -> Quality:
    one, other = np.array(label), np.array(final)
    draws = rng(0, "label quality", name)
    resampled = (draws.integers(len(one), size=len(one)) for _ in range(_RESAMPLES))
    better = other > np.median(other)
    shared = float(np.corrcoef(normal_scores(one), normal_scores(other))[0, 1])
    return Quality(
        table=name,
        epochs=epochs,
        of=of,
        tau=tau(one, other),
        error=float(np.std([tau(one[rows], other[rows]) for rows in resampled])),
        better=tau(one[better], other[better]),
        noise=1 / shared**2 - 1,
    )


def noise_elsewhere(family: str) -> Floats:
    """The noise by length that is expected of a family: that of the measured spaces besides it."""
    known = [noise for other, noise in NOISE.items() if other != family]
    return np.asarray(np.exp(np.log(known).mean(0)))


def labels(pool: Pool, measure: str, rows: Floats, seed: int) -> list[Floats]:
    """The labels of some architectures of a pool, one array for each of :data:`SHARES`.

    Drawn labels are as noisy as those of NAS-Bench-201 for even seeds, as those of ``resnet`` for
    odd ones.
    """
    measured = _measured(pool)
    if measured is not None:
        return [label[rows] for label in measured]
    draws, noise = rng(seed, "drawn labels", pool.name, measure), [*NOISE.values()][seed % 2]
    places = normal_scores(pool.truths[measure][rows])
    figures = [figure[rows] for figure in pool.learned_from("general")]
    parts = kernels(figures, [pool.choices[row] for row in rows])
    alike = np.mean([*parts.values()], 0) + 1e-6 * np.eye(len(rows))
    systematic = np.linalg.cholesky(alike) @ draws.standard_normal(len(rows))
    systematic = (systematic - systematic.mean()) / systematic.std()
    return [
        places
        + math.sqrt(variance * _SYSTEMATIC) * systematic
        + math.sqrt(variance * (1 - _SYSTEMATIC)) * draws.standard_normal(len(rows))
        for variance in noise
    ]


def _measured(pool: Pool) -> list[Floats] | None:
    if pool.family not in NOISE or pool.name == "transnas":
        return None
    names = [row["architecture"] for row in store.read(RESULTS / f"{pool.name}.json.gz")["rows"]]
    if pool.name == _NETWORKS:
        curves = np.array([truth.read(_NETWORKS).curves[name] for name in names])
        return [curves[:, epochs - 1] for epochs in (1, 3, 10)]
    brief, full = (
        normal_scores(np.array([column[name] for name in names]))
        for column in map(published, ("c10_val12", "c10_val200"))
    )
    shared = float(np.corrcoef(brief, full)[0, 1])
    return [brief, full + math.sqrt(0.5) * (brief - shared * full), full]
