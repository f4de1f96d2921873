"""How the quality of a network is called, printed and compared, by kind of task."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_UNRELATED = 0.5
"""Least part of the targets' variance that is taken to be unrelated to the residuals."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measure of quality, higher better.

    Attributes:
        metric: Its name; its values are stored as ``accuracy``.
        metric_format: Their format in print.
        metric_error: Standard error of a value over a number of samples.
    """

    metric: str
    metric_format: str
    metric_error: Callable[[float, int], float]

    @property
    def is_share(self) -> bool:
        """Whether values are printed in percent, and differences in points."""
        return self.metric_format.endswith("%}")

    def shown(self, value: float, samples: int | None = None, error: float | None = None) -> str:
        """A value in print, with its standard error if it or the number of samples is given.

        Example:
            >>> METRICS["image-classification"].shown(0.9731, 360)
            '97.31% ± 0.89'
        """
        text = self.metric_format.format(value)
        if error is None and samples:
            error = self.metric_error(value, samples)
        if error is None or not (math.isfinite(value) and math.isfinite(error)):
            return text
        return f"{text} ± {self.metric_format.format(error).rstrip('%')}"

    def margin(self, value: float, samples: int) -> str:
        """The standard error of a value over a number of samples, in print.

        Example:
            >>> METRICS["image-classification"].margin(0.9, 400)
            '1.5 points'
        """
        error = self.metric_error(value, samples)
        return f"{100 * error:.1f} points" if self.is_share else f"{error:.3f}"


def accuracy_error(accuracy: float, samples: int) -> float:
    """Standard error of an accuracy over independent samples (binomial).

    One success and one failure are added, so that it is not zero where all or none are correct.

    Example:
        >>> round(accuracy_error(0.9, 400), 3)
        0.015
    """
    share = (accuracy * samples + 1) / (samples + 2)
    return math.sqrt(share * (1 - share) / samples)


def explained_error(explained: float, samples: int) -> float:
    """Standard error of R² over many independent samples, as far as R² alone tells it.

    To first order that of the ratio of the squares of residuals and targets that are jointly
    normal, ``2 (1 - R²) sqrt((1 - r²) / n)`` with their correlation ``r``. A network whose
    residuals do not depend on its predictions has ``r² = 1 - R²`` (Olkin & Finn 1995). One whose
    R² is negative is taken for one whose predictions do not depend on the targets:
    ``r² = 1 / (1 - R²)``. Yet overconfident predictions, as of networks that have overfitted, may
    have an R² near 0 and any ``r``, so ``1 - r²`` is taken for a half at least: the error is at
    most 30 % too small, whatever the network. The second order is ``2 / n²``. Where predictions
    are known, :attr:`nas.evaluate.residuals.Residuals.explained_error` measures it.

    Example:
        >>> round(explained_error(0.5, 800), 3)
        0.025
        >>> round(explained_error(-0.5, 800), 3), round(explained_error(0.0, 800), 3)
        (0.075, 0.05)
    """
    left = max(1 - explained, 0.0)
    unrelated = max(abs(explained) / max(left, 1.0), _UNRELATED)  # 1 - r²
    return left * math.sqrt(4 * unrelated / samples + 2 / samples**2)


_ACCURACY = Metric(metric="accuracy", metric_format="{:.2%}", metric_error=accuracy_error)

METRICS: Mapping[str, Metric] = {
    "image-classification": _ACCURACY,
    "image-regression": Metric(metric="R²", metric_format="{:.3f}", metric_error=explained_error),
    "node-classification": _ACCURACY,
}
"""By :attr:`nas.task.TaskKind.name`; kept apart from these records, which need torch."""
