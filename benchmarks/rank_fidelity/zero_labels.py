"""Ranking without a trained architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import kendalltau, rankdata

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.rank_fidelity.pool import Floats, Pool


_FIFTHS = 5


def figure(name: str) -> Callable[[Pool], Floats | None]:
    """A single figure; None where the table lacks it."""
    return lambda pool: pool.figures.get(name)


def equal_ranks(*names: str) -> Callable[[Pool], Floats | None]:
    """The sum of the ranks by several figures."""

    def score(pool: Pool) -> Floats | None:
        if not all(name in pool.figures for name in names):
            return None
        return np.asarray(np.sum([rankdata(pool.figures[name]) for name in names], 0))

    return score


SCORES: Mapping[str, Callable[[Pool], Floats | None]] = {
    "parameters": figure("params"),
    "MACs": figure("macs"),
    "activations": figure("activation_bytes"),
    "layers": figure("layers"),
    "NASWOT, untrained": figure("untrained:naswot"),
    "read-out, untrained": figure("untrained:readout"),
    "NASWOT, predicted": figure("general:naswot"),
    "Brier": figure("general:brier"),
    "read-out": figure("general:readout"),
    "score": figure("general:score"),
    "MACs, NASWOT": equal_ranks("macs", "untrained:naswot"),
    "MACs, read-out": equal_ranks("macs", "general:readout"),
    "MACs, NASWOT, read-out": equal_ranks("macs", "general:naswot", "general:readout"),
    "MACs, NASWOT, Brier": equal_ranks("macs", "general:naswot", "general:brier"),
    "MACs, NASWOT, read-out, Brier": equal_ranks(
        "macs", "general:naswot", "general:readout", "general:brier"
    ),
    "own Brier": figure("own:brier"),
    "own read-out": figure("own:readout"),
    "own score": figure("own:score"),
    "own MACs, NASWOT, read-out": equal_ranks("macs", "own:naswot", "own:readout"),
}


def tau(score: Floats, truth: Floats) -> float:
    """Kendall's tau-b; 0 where all values are equal."""
    found = float(kendalltau(score, truth).statistic)
    return found if np.isfinite(found) else 0.0


def within_fifths(score: Floats, truth: Floats, macs: Floats) -> float:
    """Mean tau inside fifths of the architectures by multiply-accumulates."""
    parts = np.array_split(np.argsort(macs, kind="stable"), _FIFTHS)
    return float(np.mean([tau(score[part], truth[part]) for part in parts]))
