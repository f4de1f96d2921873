"""Agreement of every score with the truth, over all samples."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nas.analysis.agreement import agreement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.ranking.row import Row

MEASURES = {
    "kendall": "τ",
    "top_kendall": "τ in the top decile",
    "spearman": "ρ",
    "ndcg": "nDCG",
    "top1": "top pick, %",
    "top10": "best of top 10, %",
}
_PERCENT = ("top1", "top10")


@dataclass(frozen=True, eq=False)
class Summary:
    """One line of the table.

    Attributes:
        score: What is measured.
        weights: With which weights.
        found: Every measure in each sample, nan where it is not defined.
    """

    score: str
    weights: str
    found: Mapping[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def mean(self, name: str) -> float:
        """Over the samples."""
        return float(np.mean(self.found[name]))

    def spread(self, name: str) -> float:
        """Largest less smallest."""
        return float(np.ptp(self.found[name]))


def summarise(samples: Sequence[tuple[Sequence[float], Sequence[Row]]]) -> list[Summary]:
    """One summary for each score.

    Args:
        samples: The truth and the rows of each.
    """
    lines: dict[tuple[str, str], Summary] = {}
    for truth, rows in samples:
        for row in rows:
            line = lines.setdefault((row.score, row.weights), Summary(row.score, row.weights))
            measured = asdict(agreement(row.values, truth[: len(row.values)]))
            for name, value in measured.items():
                line.found[name].append(math.nan if value is None else value)
            for name in ("steps", "training_seconds", "cell_seconds"):
                line.found[name].append(getattr(row, name))
    return list(lines.values())


def markdown(lines: Sequence[Summary]) -> str:
    """The table, spreads in brackets."""
    costs = ("steps", "training, s", "s each")
    head = ("score", "weights", *MEASURES.values(), *costs)
    rows = [head, ("---",) * len(head), *map(_cells, lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(line: Summary) -> tuple[str, ...]:
    measures = [
        f"{100 * line.mean(name):.2f} ({100 * line.spread(name):.2f})"
        if name in _PERCENT
        else f"{line.mean(name):.3f} ({line.spread(name):.3f})"
        for name in MEASURES
    ]
    return (
        line.score,
        line.weights,
        *measures,
        f"{line.mean('steps'):.0f}",
        f"{line.mean('training_seconds'):.0f}",
        f"{line.mean('cell_seconds'):.3g}" if math.isfinite(line.mean("cell_seconds")) else "–",
    )
