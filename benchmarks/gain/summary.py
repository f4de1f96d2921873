"""Tables of what predicted weights gain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gain.course import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.gain.course import Plan, Row

_SURE = 2.0
"""Standard errors by which a difference of means counts as sure."""


@dataclass(frozen=True, eq=False)
class Reached:
    """What one kind of weights reaches at its better rate.

    Attributes:
        accuracies: Of each seed, in per cent.
        rate: The better peak learning rate; None before training.
    """

    accuracies: NDArray[np.float64]
    rate: float | None

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(self.accuracies.mean())

    @property
    def variance(self) -> float:
        """Of the mean."""
        return float(self.accuracies.var(ddof=1) / len(self.accuracies))


def reached(rows: Sequence[Row], plan: Plan, kind: str, steps: int) -> Reached:
    """The accuracies after so many steps, 0 being before training."""
    own = {row.key: row for row in rows}
    if not steps:
        keys = [(kind, plan.steps[0], plan.rates[0], seed) for seed in plan.seeds]
        return Reached(100 * np.array([own[key].before for key in keys]), None)
    found = [
        Reached(100 * np.array([own[kind, steps, rate, seed].after for seed in plan.seeds]), rate)
        for rate in plan.rates
    ]
    return max(found, key=lambda one: one.mean)


def by_length(networks: Mapping[str, Sequence[Row]], plan: Plan) -> str:
    """Means over the networks, and in how many of them predicted weights lead."""
    head = ("steps", *KINDS, "difference", "leads", "surely", "behind, surely")
    lines = []
    for steps in (0, *plan.steps):
        pairs = [
            [reached(rows, plan, kind, steps) for kind in KINDS] for rows in networks.values()
        ]
        means = np.array([[one.mean for one in pair] for pair in pairs])  # (networks, 2)
        ahead = means[:, 0] - means[:, 1]
        errors = np.sqrt([sum(one.variance for one in pair) for pair in pairs])
        lines.append(
            (
                str(steps),
                *(_with_error(means[:, column]) for column in range(2)),
                _with_error(ahead, sign="+"),
                f"{(ahead > 0).sum()} of {len(pairs)}",
                str((ahead > _SURE * errors).sum()),
                str((-ahead > _SURE * errors).sum()),
            )
        )
    return _table(head, lines)


def by_network(networks: Mapping[str, Sequence[Row]], plan: Plan) -> str:
    """Predicted and default of each network at each length: means over the seeds."""
    lengths = (0, *plan.steps)
    lines = []
    for name, rows in networks.items():
        cells = []
        for steps in lengths:
            means = [reached(rows, plan, kind, steps).mean for kind in KINDS]
            cells.append(f"{means[0]:.1f} / {means[1]:.1f}")
        lines.append((name, *cells))
    return _table(("network", *(f"after {steps}" for steps in lengths)), lines)


def rates(networks: Mapping[str, Sequence[Row]], plan: Plan) -> str:
    """How often each rate was the better one."""
    head = ("steps", "weights", *(f"{rate:g}" for rate in plan.rates))
    lines = []
    for steps in plan.steps:
        for kind in KINDS:
            chosen = Counter(reached(rows, plan, kind, steps).rate for rows in networks.values())
            lines.append((str(steps), kind, *(str(chosen[rate]) for rate in plan.rates)))
    return _table(head, lines)


def _with_error(values: NDArray[np.float64], sign: str = "") -> str:
    """Mean and standard error over the networks."""
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{values.mean():{sign}.1f} ± {error:.1f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
