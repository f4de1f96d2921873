"""The table of all entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.hypernets.subjects import SPLITS
from nas.analysis.agreement import kendall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.hypernets.cost import Cost
    from benchmarks.hypernets.judge import Verdict

TRUTH = "trained"
"""Name of the split whose networks have been trained."""
_TOLERANCE = 0.1


@dataclass(frozen=True)
class Line:
    """An entry, as its seeds found it.

    Attributes:
        name: The entry.
        costs: By seed.
        verdicts: Of the networks of each split, by seed.
    """

    name: str
    costs: dict[int, Cost] = field(default_factory=dict)
    verdicts: dict[int, Mapping[str, Sequence[Verdict]]] = field(default_factory=dict)

    def accuracies(self, split: str) -> NDArray[np.float64]:
        """In per cent: (seeds, networks)."""
        found = [[one.accuracy for one in of[split]] for of in self.verdicts.values()]
        return 100 * np.array(found)

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean accuracy over the splits of the benchmark, in per cent: (seeds,)."""
        means = [self.accuracies(split).mean(1) for split in SPLITS]
        return np.asarray(np.mean(means, axis=0))


def markdown(lines: Sequence[Line]) -> str:
    """What entries cost and reach; the networks of a truth are left to :func:`agreement`."""
    names = next(iter(lines[0].verdicts.values()))
    splits = [name for name in names if name != TRUTH]
    head = ("entry", "parameters", "KiB", "steps", "CPU s", "five splits", *splits)
    return _table(head, [(*_costs(line), _mean(line), *_splits(line, splits)) for line in lines])


def agreement(lines: Sequence[Line], truth: Sequence[float]) -> str:
    """Kendall's tau of accuracy and loss with what training brought."""
    head = ("entry", "accuracy, τ", "loss, τ")
    rows = []
    for line in lines:
        of = [verdicts[TRUTH] for verdicts in line.verdicts.values()]
        accuracy = [kendall([one.accuracy for one in part], truth) for part in of]
        loss = [
            kendall([None if one.loss is None else -one.loss for one in part], truth)
            for part in of
        ]
        rows.append((line.name, _tau(accuracy), _tau(loss)))
    return _table(head, rows)


def remarks(lines: Sequence[Line]) -> list[str]:
    """Trainings that were not of equal cost."""
    return [
        f"Not of equal cost: {line.name}, seed {seed}, took {cost.seconds:.0f} s instead of "
        f"{cost.asked:.0f} s."
        for line in lines
        for seed, cost in line.costs.items()
        if abs(cost.deviation) > _TOLERANCE
    ]


def _costs(line: Line) -> tuple[str, ...]:
    costs = list(line.costs.values())
    seconds = [cost.seconds for cost in costs if cost.seconds is not None]
    return (
        line.name,
        f"{costs[0].params:,}",
        f"{costs[0].bytes / 1024:,.0f}",
        f"{fmean(cost.steps for cost in costs):.0f}",
        f"{fmean(seconds):.0f}" if seconds else "–",
    )


def _mean(line: Line) -> str:
    return f"{line.means.mean():.1f} ({np.ptp(line.means):.1f})"


def _splits(line: Line, splits: Sequence[str]) -> list[str]:
    """Mean ± standard error over the networks, and the best of them, seeds being averaged."""
    cells = []
    for split in splits:
        found = line.accuracies(split).mean(0)
        error = found.std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.nan
        cells.append(f"{found.mean():.1f} ± {error:.1f} ({found.max():.1f})")
    return cells


def _tau(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.3f} ({np.ptp(known):.3f})" if known else "–"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
