"""How the quality of a network is called and printed, by kind of task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measure of quality, higher better.

    Attributes:
        metric: Its name; its values are stored as ``accuracy``.
        metric_format: Their format in print.
    """

    metric: str
    metric_format: str


_ACCURACY = Metric(metric="accuracy", metric_format="{:.2%}")

METRICS: Mapping[str, Metric] = {
    "image-classification": _ACCURACY,
    "image-regression": Metric(metric="R²", metric_format="{:.3f}"),
    "node-classification": _ACCURACY,
}
"""By :attr:`nas.task.TaskKind.name`; kept apart from these records, which need torch."""
