"""How far a table agrees with itself: no score can be asked for more."""

from __future__ import annotations

import gzip
import json
from statistics import fmean

import numpy as np

from benchmarks.nas_bench_graph.table import published
from benchmarks.rank_fidelity.zero_labels import tau
from benchmarks.ranking.table import PUBLISHED
from benchmarks.truth import table as truth

_FEWEST = 10
"""Repeated trainings that make a tau."""

_TRAININGS = 3
"""Behind each mean of which the deviation is known."""

_REPORTED = {"nb301": (0.8, "the surrogate and trainings, as its authors report")}


def ceiling(name: str) -> tuple[float | None, int | str, str]:
    """Kendall's tau, the number of networks, and what is compared; None where nothing is known."""
    if name == "nb201":
        document = json.loads(gzip.decompress(PUBLISHED.read_bytes()))
        columns = [document["columns"].index(one) for one in ("c10_val200", "c10_test200")]
        pairs = [[row[column] for column in columns] for row in document["rows"]]
        return _tau(pairs), len(pairs), "validation and test accuracy of one training"
    if name == "nas-bench-graph":
        pairs = [[one.val, one.test] for one in published().values()]
        return _tau(pairs), len(pairs), "validation and test accuracy, means of three trainings"
    if name in _REPORTED:
        reported, what = _REPORTED[name]
        return reported, "", what
    known = truth.read(name) if name in truth.names() else None
    if known is not None and known.deviations:
        taus = [repeated(known, measure) for measure in known.measures]
        what = "two means of three trainings, by their spread; mean of all measures"
        return fmean(taus), len(known.rows), what
    if known is not None:
        pairs = [list(found[:2]) for found in known.single.values()]
        pairs += [[known.rows[one][0], again[0]] for one, again in known.repeats.items()]
        if len(pairs) >= _FEWEST:
            return _tau(pairs), len(pairs), "two trainings"
    return None, "", "one training each"


def repeated(table: truth.TruthTable, measure: str) -> float:
    """Kendall's tau of two means of three trainings, expected from the spread of the trainings.

    The share of the variance that repeats is their correlation, from which tau follows for normal
    distributions.
    """
    place = table.measures.index(measure)
    means = np.array([found[place] for found in table.rows.values()])
    spread = np.array([found[place] for found in table.deviations.values()])
    noise = (spread**2).mean() / (_TRAININGS - 1)  # the published deviations divide by three
    shared = max(0.0, 1 - noise / means.var(ddof=1))
    return float(2 / np.pi * np.arcsin(shared))


def _tau(pairs: list[list[float]]) -> float:
    first, second = np.array(pairs, dtype=np.float64).T
    return tau(first, second)
