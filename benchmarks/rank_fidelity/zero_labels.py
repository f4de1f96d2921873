"""Ranking without a trained architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import kendalltau, rankdata

from nas.seeding import rng

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.rank_fidelity.pool import Floats, Pool


_FIFTHS, _TENTH = 5, 10


def figure(name: str) -> Callable[[Pool], Floats | None]:
    """A single figure; None where the table lacks it."""
    return lambda pool: pool.figures.get(name)


def ranks(weights: Mapping[str, float]) -> Callable[[Pool], Floats | None]:
    """The weighted sum of the ranks by several figures; None where the table lacks one."""

    def score(pool: Pool) -> Floats | None:
        if not weights.keys() <= pool.figures.keys():
            return None
        parts = [weight * rankdata(pool.figures[name]) for name, weight in weights.items()]
        return np.asarray(np.sum(parts, 0))

    return score


def equal_ranks(*names: str) -> Callable[[Pool], Floats | None]:
    """The sum of the ranks by several figures."""
    return ranks(dict.fromkeys(names, 1.0))


_FORMER = {"general:brier": 2.0, "general:naswot": 0.5, "macs": 0.5, "shortest_path": 1.0}
"""What the score was in spaces without a hypernetwork of their own, until it was judged here."""

SCORES: Mapping[str, Callable[[Pool], Floats | None]] = {
    "random": lambda pool: rng(0, "random", pool.name).random(len(pool)),
    "parameters": figure("params"),
    "MACs": figure("macs"),
    "activations": figure("activation_bytes"),
    "layers": figure("layers"),
    "NASWOT, untrained": figure("untrained:naswot"),
    "read-out, untrained": figure("untrained:readout"),
    "SWAP, untrained": figure("untrained:swap"),
    "SynFlow, untrained": figure("untrained:synflow"),
    "NASWOT, predicted": figure("general:naswot"),
    "Brier": figure("general:brier"),
    "read-out": figure("general:readout"),
    "score": figure("general:score"),
    "score without learnt weights": equal_ranks("macs", "params", "layers", "untrained:naswot"),
    "former score": ranks(_FORMER),
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


def top_decile(score: Floats, truth: Floats) -> float:
    """Tau among the tenth of the architectures with the best accuracies."""
    best = np.argsort(-truth, kind="stable")[: max(2, len(truth) // _TENTH)]
    return tau(score[best], truth[best])


def regret(score: Floats, truth: Floats) -> float:
    """Distance from the best of all to the best of the first tenth, in standard deviations."""
    first = np.argsort(-score, kind="stable")[: max(1, len(score) // _TENTH)]
    return float((truth.max() - truth[first].max()) / truth.std())
