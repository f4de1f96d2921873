"""What the architectures of NAS-Bench-Graph reached on Cora: the published table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PUBLISHED = Path(__file__).with_name("cora.npz")
CITESEER = Path(__file__).with_name("citeseer.npz")

_SEEDS, _VAL, _TEST = 3, 500, 1000
"""Trainings behind an entry, and nodes of the splits: the file holds how many were right."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What published trainings of an architecture reached, the mean of three seeds.

    Attributes:
        val: Accuracy on the 500 validation nodes, from 0 to 1.
        test: Accuracy on the 1,000 test nodes.
        parameters: Of the network.
    """

    val: float
    test: float
    parameters: int


@cache
def published() -> dict[str, Trained]:
    """All 26,206 architectures by their key, five digits as the space writes it."""
    with np.load(PUBLISHED) as table:
        columns = (
            table["key"].tolist(),
            (table["val_right"] / (_SEEDS * _VAL)).tolist(),
            (table["test_right"] / (_SEEDS * _TEST)).tolist(),
            table["parameters"].tolist(),
        )
    return {
        f"{key:05}": Trained(val, test, size)
        for key, val, test, size in zip(*columns, strict=True)
    }


def on_citeseer() -> NDArray[np.float64]:
    """Test accuracies of the same architectures on CiteSeer, in the order of :func:`published`."""
    with np.load(CITESEER) as table:
        if [f"{key:05}" for key in table["key"].tolist()] != list(published()):
            raise ValueError(f"{CITESEER.name} lists other architectures than {PUBLISHED.name}")
        return np.asarray(table["test_right"] / (_SEEDS * _TEST), dtype=np.float64)


def draw(count: int, seed: int) -> list[str]:
    """Keys drawn uniformly without replacement."""
    keys = list(published())
    rows = np.random.default_rng(seed).choice(len(keys), count, replace=False)
    return [keys[row] for row in rows]
