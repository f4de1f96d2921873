"""How far scores known before training can be trusted to rank."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nas.seeding import rng

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST = 3
"""With fewer trained networks there is neither an order nor a slope."""

_RESAMPLES = 1000
_SURE = 0.95
_ONE_ERROR = 0.84
"""The share of a normal distribution below one standard error above its mean."""
_INTERVAL = (0.05, 0.95)

TRIVIAL = ("macs", "params")
"""Figures that cost nothing, which whatever ranks has to match."""


@dataclass(frozen=True, kw_only=True)
class Trust:
    """How well scores known before training rank the trained architectures.

    Attributes:
        probes: Number of architectures trained equally long, without mutants, which no ranking
            chose.
        kendall_tau: Agreement of each score with the accuracy on the ranking split after that
            training, from -1 (reversed) to 1 (the same order); None if fewer than three were
            trained, or if all are equal. A lower loss and a larger network count as better.
        interval: Range of tau in nine of ten resamples of these architectures (bootstrap), by
            the same names.
        ranked_by: The score that ranks the remaining candidates.
    """

    probes: int = 0
    kendall_tau: Mapping[str, float | None] = field(default_factory=dict)
    interval: Mapping[str, tuple[float, float] | None] = field(default_factory=dict)
    ranked_by: str = "score"


def trust(scores: Mapping[str, Sequence[float]], accuracies: Sequence[float]) -> Trust:
    """Compare the order by each score with the order after training.

    The first score ranks unless another one does better in 95 of 100 resamples: with few trained
    networks, some score agrees best by chance. Against multiply-accumulates and parameters 84 are
    enough: what ranks is never behind them by more than the standard error of the difference.

    Args:
        scores: Scores of the trained architectures by name, higher is better; the default score
            comes first.
        accuracies: Accuracies of the same architectures after training.
    """
    truth = np.asarray(accuracies, dtype=np.float64)
    if len(truth) < FEWEST:
        unknown = dict.fromkeys(scores)
        first = next(iter(scores), Trust.ranked_by)
        return Trust(
            probes=len(truth), kendall_tau=unknown, interval=dict(unknown), ranked_by=first
        )
    draws = rng(0, "trust").multinomial(
        len(truth), np.full(len(truth), 1 / len(truth)), _RESAMPLES
    )
    everyone = np.ones((1, len(truth)))
    counts = np.concatenate([everyone, draws])
    taus = {
        name: _taus(np.asarray(values, dtype=np.float64), truth, counts)
        for name, values in scores.items()
    }
    return Trust(
        probes=len(truth),
        kendall_tau={name: _number(found[0]) for name, found in taus.items()},
        interval={name: _interval(found) for name, found in taus.items()},
        ranked_by=_winner(taus),
    )


def _taus(score: Floats, truth: Floats, counts: Floats) -> Floats:
    """Kendall's tau-b where architecture i occurs ``counts[b, i]`` times: (B, N) -> (B,)."""
    by_score, by_truth = (np.sign(values[:, None] - values[None, :]) for values in (score, truth))

    def pairs(signs: Floats) -> Floats:
        return np.asarray(((counts @ signs) * counts).sum(1))

    with np.errstate(invalid="ignore", divide="ignore"):
        return pairs(by_score * by_truth) / np.sqrt(pairs(by_score**2) * pairs(by_truth**2))


def _winner(taus: Mapping[str, Floats]) -> str:
    """The best score among those that surely rank better than the first; else the first.

    A trivial figure takes its place where it is better by more than a standard error.
    """
    first, *others = taus
    best = _better(first, others, taus, _SURE)
    return _better(best, [name for name in TRIVIAL if name in taus], taus, _ONE_ERROR)


def _better(first: str, others: Sequence[str], taus: Mapping[str, Floats], share: float) -> str:
    """The best of those that rank better than the first in a share of the resamples."""
    better = [
        name for name in others if np.mean(_known(taus[name]) > _known(taus[first])) >= share
    ]
    return max(better, key=lambda name: _known(taus[name])[0], default=first)


def _known(taus: Floats) -> Floats:
    """The values with 0, no agreement, in place of undefined ones."""
    return np.nan_to_num(taus, nan=0.0)


def _number(tau: float) -> float | None:
    return float(tau) if np.isfinite(tau) else None


def _interval(taus: Floats) -> tuple[float, float] | None:
    defined = taus[1:][np.isfinite(taus[1:])]
    if not np.isfinite(taus[0]) or not defined.size:
        return None
    low, high = np.quantile(defined, _INTERVAL)
    return float(low), float(high)
