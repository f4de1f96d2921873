"""Agreement of a score with the true ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau, rankdata, spearmanr

Values = Sequence[float | None] | NDArray[np.float64]
_PICKS = 10


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Measures of agreement between a score and the truth; None where one is not defined.

    Attributes:
        kendall: See :func:`kendall`.
        top_kendall: The same within the true best tenth, see :func:`top_kendall`.
        spearman: See :func:`spearman`.
        ndcg: See :func:`ndcg`.
        top1: Truth of the entry with the highest score; the mean where several share it.
        top10: Best truth among the ten highest scores, equal scores in the order given.
    """

    kendall: float | None
    top_kendall: float | None
    spearman: float | None
    ndcg: float | None
    top1: float
    top10: float


def agreement(score: Values, truth: Values) -> Agreement:
    """All measures of agreement between a score and the truth.

    Args:
        score: Higher is better; a missing or non-finite score counts as worst.
        truth: Higher is better, all finite, in the order of the scores.

    Raises:
        ValueError: There are no scores, their number differs, or a truth is not finite.

    Example:
        >>> found = agreement([0.1, 0.3, None, 0.2], [60.0, 90.0, 10.0, 93.0])
        >>> round(found.kendall, 3), found.top1, found.top10
        (0.667, 90.0, 93.0)
    """
    scores, truths = _pair(score, truth)
    order = np.argsort(-scores, kind="stable")
    return Agreement(
        kendall=kendall(scores, truths),
        top_kendall=top_kendall(scores, truths),
        spearman=spearman(scores, truths),
        ndcg=ndcg(scores, truths),
        top1=float(truths[scores == scores.max()].mean()),
        top10=float(truths[order[:_PICKS]].max()),
    )


def kendall(score: Values, truth: Values) -> float | None:
    """Kendall's tau-b; None where all scores or all truths are equal."""
    scores, truths = _pair(score, truth)
    return float(kendalltau(scores, truths).statistic) if _ranks(scores, truths) else None


def top_kendall(score: Values, truth: Values, share: float = 0.1) -> float | None:
    """Kendall's tau-b among the true best; None where it is not defined there.

    Args:
        score: Higher is better; a missing or non-finite score counts as worst.
        truth: Higher is better.
        share: Share of all entries that counts as best; ties with the last of them are included.

    Raises:
        ValueError: The share does not lie in (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    scores, truths = _pair(score, truth)
    best = truths >= np.quantile(truths, 1 - share)
    return kendall(scores[best], truths[best])


def spearman(score: Values, truth: Values) -> float | None:
    """Spearman's rho; None where all scores or all truths are equal."""
    scores, truths = _pair(score, truth)
    if not _ranks(scores, truths):
        return None
    return float(spearmanr(rankdata(scores), rankdata(truths)).statistic)


def ndcg(score: Values, truth: Values) -> float | None:
    """Normalised discounted cumulative gain over the whole list; None where all truths are equal.

    Proposed for rankers of architectures by Zhang et al. 2021 (AceNAS). The gain of an
    architecture is the rank of its truth, scaled to [0, 1]: with the accuracies themselves a few
    networks that learn nothing would make the gains of all others nearly equal. The discount is
    ``log2(place + 1)``, averaged over equal scores (McSherry & Najork 2008).
    """
    scores, truths = _pair(score, truth)
    if np.ptp(truths) == 0:
        return None
    gain = (rankdata(truths) - 1) / (len(truths) - 1)
    discount = 1 / np.log2(np.arange(len(truths)) + 2)
    _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    mean_gain = np.bincount(group, gain) / sizes
    found = np.repeat(mean_gain, sizes) @ discount
    return float(found / (np.sort(gain)[::-1] @ discount))


def _pair(score: Values, truth: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both as arrays, with minus infinity for a missing or non-finite score."""
    scores, truths = np.array(score, dtype=np.float64), np.array(truth, dtype=np.float64)
    if scores.shape != truths.shape or scores.ndim != 1 or not scores.size:
        raise ValueError(
            f"expected a score for every truth, got shapes {scores.shape} and {truths.shape}"
        )
    if not np.isfinite(truths).all():
        raise ValueError("every truth must be finite")
    return np.where(np.isfinite(scores), scores, -np.inf), truths


def _ranks(scores: NDArray[np.float64], truths: NDArray[np.float64]) -> bool:
    """Whether each ranks at least one entry before another."""
    return len(np.unique(scores)) > 1 and len(np.unique(truths)) > 1
