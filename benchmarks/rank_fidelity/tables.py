"""The tables of the benchmark, in Markdown."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rank_fidelity.ceiling import ceiling
from benchmarks.rank_fidelity.few_labels import INSIDE, LABELS, learnt, over_families
from benchmarks.rank_fidelity.measure import GRAPHS
from benchmarks.rank_fidelity.pool import pools
from benchmarks.rank_fidelity.zero_labels import SCORES, regret, tau, top_decile, within_fifths
from nas.seeding import rng

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.rank_fidelity.few_labels import Learnt
    from benchmarks.rank_fidelity.pool import Floats, Pool

_TRIVIAL = ("MACs", "parameters", "NASWOT, untrained")
"""The rivals that cost next to nothing."""

_RESAMPLES = 200
_SURELY = 0.9
_FAR = 0.1


def report(folder: Path) -> str:
    """All tables."""
    known = pools(folder)
    rows = list(learnt(known))
    general, own = (
        [row for row in rows if row.predictor == predictor] for predictor in ("general", "own")
    )
    parts = [
        ceilings([*known, *pools(folder / GRAPHS)]),
        zero_labels(known),
        few_labels(general),
        per_table(general),
        per_table(own),
    ]
    return "\n\n".join(parts)


def ceilings(known: Sequence[Pool]) -> str:
    """How far two trainings of one network agree in each table, where it is known."""
    heads = ("table", "τ", "networks", "of")
    found = ((pool.name, *ceiling(pool.name)) for pool in known)
    rows = (_line(name, "" if tau is None else f"{tau:.2f}", *rest) for name, tau, *rest in found)
    return "\n".join([_line(*heads), _line(*["---"] * len(heads)), *rows])


def zero_labels(known: Sequence[Pool]) -> str:
    """One row for each score: its agreement with training in each family, and in the mean."""
    families = sorted({pool.family for pool in known})
    heads = ("score", "mean", "top decile", "inside fifths", "regret", "far below", *families)
    lines = [_line(*heads), _line(*["---"] * len(heads))]
    for name, score in SCORES.items():
        measured = [pool for pool in known if score(pool) is not None]
        if not measured:
            continue
        by_family = {
            family: [pool for pool in measured if pool.family == family] for family in families
        }
        taus, tops, fifths, regrets = (
            {family: fmean(map(of, group)) for family, group in by_family.items() if group}
            for of in (
                _mean(score, tau),
                _mean(score, top_decile),
                _fifths(score),
                _mean(score, regret),
            )
        )
        everywhere = len(taus) == len(families)
        far, of = _far_below(score, measured)
        lines.append(
            _line(
                name,
                *(
                    f"{fmean(values.values()):.2f}" if everywhere else ""
                    for values in (taus, tops, fifths, regrets)
                ),
                f"{far} of {of}",
                *(f"{taus[family]:.2f}" if family in taus else "" for family in families),
            )
        )
    return "\n".join(lines)


def few_labels(rows: Sequence[Learnt]) -> str:
    """Mean over families of each ranker, by the number of labels."""
    lines = [_line("ranker", *LABELS), _line(*["---"] * (1 + len(LABELS)))]
    for ranker in dict.fromkeys(row.ranker for row in rows):
        measured = [
            [row for row in rows if (row.ranker, row.labels) == (ranker, labels)]
            for labels in LABELS
        ]
        taus = (f"{over_families(some):.2f}" if some else "" for some in measured)
        lines.append(_line(ranker, *taus))
    return "\n".join(lines)


def per_table(rows: Sequence[Learnt]) -> str:
    """Each table with 20 and 50 labels; the mean over its measures."""
    shown = (20, 50)
    rankers = [name for name in dict.fromkeys(row.ranker for row in rows) if name != INSIDE]
    heads = [f"{ranker}, {labels}" for labels in shown for ranker in rankers]
    lines = [_line("table", *heads), _line(*["---"] * (1 + len(heads)))]
    for table in dict.fromkeys(row.table for row in rows):
        measured = [
            [
                row.value
                for row in rows
                if (row.table, row.ranker, row.labels) == (table, ranker, labels)
            ]
            for labels in shown
            for ranker in rankers
        ]
        lines.append(_line(table, *(f"{fmean(taus):.2f}" if taus else "" for taus in measured)))
    return "\n".join(lines)


def _mean(
    score: Callable[[Pool], Floats | None], judge: Callable[[Floats, Floats], float]
) -> Callable[[Pool], float]:
    """The mean of a judgement of a score over the measures of a table."""
    return lambda pool: fmean(judge(_known(score, pool), truth) for truth in pool.truths.values())


def _fifths(score: Callable[[Pool], Floats | None]) -> Callable[[Pool], float]:
    """Mean tau inside fifths of the architectures by multiply-accumulates, likewise."""
    return lambda pool: fmean(
        within_fifths(_known(score, pool), truth, pool.figures["macs"])
        for truth in pool.truths.values()
    )


def _known(score: Callable[[Pool], Floats | None], pool: Pool) -> Floats:
    values = score(pool)
    assert values is not None
    return values


def _far_below(
    score: Callable[[Pool], Floats | None], measured: Sequence[Pool]
) -> tuple[int, int]:
    """In how many tables and measures a score is surely 0.10 below the best trivial rival."""
    found = [
        _is_far_below(_known(score, pool), pool, truth)
        for pool in measured
        for truth in pool.truths.values()
    ]
    return sum(found), len(found)


def _is_far_below(values: Floats, pool: Pool, truth: Floats) -> bool:
    rivals = [_known(SCORES[name], pool) for name in _TRIVIAL]
    best = max(rivals, key=lambda rival: tau(rival, truth))
    if tau(best, truth) - tau(values, truth) <= _FAR:
        return False
    draws = rng(0, "resample", pool.name).integers(len(truth), size=(_RESAMPLES, len(truth)))
    behind = [tau(best[rows], truth[rows]) - tau(values[rows], truth[rows]) for rows in draws]
    return float(np.mean(np.array(behind) > _FAR)) >= _SURELY


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
