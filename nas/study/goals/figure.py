"""Figures of a candidate that an objective or a constraint can name."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from nas.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nas.analysis.cost import Cost
    from nas.evaluate.scorer import Estimate

Direction = Literal["minimize", "maximize"]

ESTIMATED: dict[str, Direction] = {
    "score": "maximize",
    "accuracy": "maximize",
    "loss": "minimize",
    "brier": "minimize",
    "naswot": "maximize",
}
"""What predicted weights tell, and which way is better."""

ANALYTIC: dict[str, Direction] = {
    "params": "minimize",
    "macs": "minimize",
    "activation_bytes": "minimize",
    "layers": "minimize",
    "shortest_path": "minimize",
    "mean_path": "minimize",
}
"""What the graph alone tells, and which way is better."""


def figures(cost: Cost, estimate: Estimate | None = None) -> dict[str, float]:
    """Everything known of a candidate by name; the estimated part only once it is scored."""
    known: dict[str, float] = asdict(cost)
    if estimate is not None:
        known |= asdict(estimate)
    return known


def check_name(name: str, known: Iterable[str], kind: str) -> None:
    """Refuse a name that is not known.

    Raises:
        ConfigError: The name is unknown; the message suggests the nearest one.
    """
    names = list(known)
    if name not in names:
        raise ConfigError(
            f"unknown {kind} {name!r}. {nearest(name, names)}".rstrip(),
            hint=f"Known: {', '.join(names)}.",
        )
