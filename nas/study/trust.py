"""How far the figures known before training can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.stats import kendalltau

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nas.study.result import Found

_FEWEST_PROBES = 3


@dataclass(frozen=True, kw_only=True)
class Trust:
    """How well figures known before training rank what was trained.

    Attributes:
        probes: Number of architectures that were trained briefly.
        kendall_tau: Agreement of each figure with the accuracy on the ranking split after that
            training, from -1 (reversed) to 1 (the same order); None where fewer than three were
            trained, or all are equal. A lower loss and a larger network count as better.
    """

    probes: int
    kendall_tau: Mapping[str, float | None]


def trust(probes: Sequence[Found]) -> Trust:
    """Compare the order of architectures that were trained briefly with what was known before."""
    trained = [found.val_accuracy or 0.0 for found in probes]
    figures: dict[str, list[float]] = {
        "loss": [-found.estimate.loss for found in probes],
        "accuracy": [found.estimate.accuracy for found in probes],
        "params": [found.cost.params for found in probes],
        "macs": [found.cost.macs for found in probes],
    }
    return Trust(
        probes=len(probes),
        kendall_tau={name: _tau(known, trained) for name, known in figures.items()},
    )


def _tau(known: Sequence[float], trained: Sequence[float]) -> float | None:
    if len(trained) < _FEWEST_PROBES or len(set(known)) == 1 or len(set(trained)) == 1:
        return None
    return float(kendalltau(known, trained).statistic)
