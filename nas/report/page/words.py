"""Numbers of a report as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas.study.finalists.effort import SCORING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MISSING = "–"


def count(number: float | None) -> str:
    """``3349342`` as ``3,349,342``."""
    return MISSING if number is None else f"{number:,.0f}"


def measured(value: float) -> str:
    """A number of any size to four digits.

    Example:
        >>> measured(0.123456), measured(12345.678), measured(-3.0)
        ('0.1235', '12,346', '-3')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def taken(seconds: float) -> str:
    """The time that something took.

    Example:
        >>> taken(8.25), taken(75), taken(7384)
        ('8.2 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def stage(name: str) -> str:
    """The name of a stage of a search, in words; records of times and of efforts differ."""
    return {"search": "scoring", SCORING: "scoring", "train": "final training"}.get(name, name)


def settings(entries: Mapping[str, Any]) -> str:
    """Settings as one text, without those that are not set."""
    return ", ".join(f"{name} {value}" for name, value in entries.items() if value is not None)
